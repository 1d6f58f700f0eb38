package vn.truc.compare;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/** Signs receipts in the form of docs/protocol/receipt.md with ES256. For several threads. */
final class ReceiptSigner {
    private static final Base64.Encoder URL = Base64.getUrlEncoder().withoutPadding();
    private static final DateTimeFormatter TIME =
        DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private final PrivateKey key;
    private final String issuer;
    private final String header;
    private final String chain;

    ReceiptSigner(Path keyFile, Path chainFile) throws GeneralSecurityException, IOException {
        key = Pem.ecKey(keyFile);
        var certificates = Pem.certificates(chainFile);
        issuer = Pem.names(certificates.get(0), "hub").get(0);
        var thumbprint = URL.encodeToString(sha256(certificates.get(0).getEncoded()));
        header = encoded("{\"alg\":\"ES256\",\"typ\":\"truc-receipt+json\",\"x5t#S256\":\"" + thumbprint + "\"}");
        var texts = new ArrayList<String>();
        for (var one : certificates) texts.add(Base64.getEncoder().encodeToString(one.getEncoded()));
        chain = quoted(texts);
    }

    byte[] accepted(SignedPackage accepted, String transfer, byte[] octets) throws GeneralSecurityException {
        var payload = encoded("{\"truc\":1,\"kind\":\"accepted\",\"transfer\":\"" + transfer
            + "\",\"sender\":\"" + escaped(accepted.sender())
            + "\",\"document_id\":\"" + escaped(accepted.documentId())
            + "\",\"document_sha256\":\"" + HexFormat.of().formatHex(sha256(octets))
            + "\",\"recipients\":" + quoted(accepted.recipients())
            + ",\"issuer\":\"hub:" + issuer
            + "\",\"issued_at\":\"" + TIME.format(Instant.now()) + "\"}");
        var signature = Signature.getInstance("SHA256withECDSAinP1363Format");
        signature.initSign(key);
        signature.update((header + "." + payload).getBytes(StandardCharsets.US_ASCII));
        return utf8("{\"payload\":\"" + payload + "\",\"protected\":\"" + header + "\",\"header\":{\"x5c\":" + chain
            + "},\"signature\":\"" + URL.encodeToString(signature.sign()) + "\"}");
    }

    private static String quoted(List<String> texts) {
        return texts.stream().map(ReceiptSigner::escaped).collect(Collectors.joining("\",\"", "[\"", "\"]"));
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"");
    }

    private static String encoded(String text) {
        return URL.encodeToString(utf8(text));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] sha256(byte[] octets) throws GeneralSecurityException {
        return MessageDigest.getInstance("SHA-256").digest(octets);
    }
}
