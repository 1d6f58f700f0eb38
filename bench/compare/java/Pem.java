package vn.truc.compare;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Keys, certificates and lists from PEM, and the names in a certificate. */
final class Pem {
    private static final int URI = 6; // RFC 5280, GeneralName

    private Pem() {
    }

    static List<X509Certificate> certificates(byte[] pem) throws GeneralSecurityException {
        var found = new ArrayList<X509Certificate>();
        var factory = CertificateFactory.getInstance("X.509");
        for (var one : factory.generateCertificates(new ByteArrayInputStream(pem))) found.add((X509Certificate) one);
        return found;
    }

    static List<X509Certificate> certificates(Path file) throws GeneralSecurityException, IOException {
        return certificates(Files.readAllBytes(file));
    }

    static X509CRL list(Path file) throws GeneralSecurityException, IOException {
        try (var stream = Files.newInputStream(file)) {
            return (X509CRL) CertificateFactory.getInstance("X.509").generateCRL(stream);
        }
    }

    static PrivateKey ecKey(Path file) throws GeneralSecurityException, IOException {
        var body = Files.readString(file, StandardCharsets.US_ASCII).replaceAll("-----[^-]+-----", "");
        var key = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(body));
        return KeyFactory.getInstance("EC").generatePrivate(key);
    }

    /** The certificate's names of one kind: `urn:truc:KIND:NAME`. */
    static List<String> names(X509Certificate certificate, String kind) throws CertificateParsingException {
        var prefix = "urn:truc:" + kind + ":";
        var names = new ArrayList<String>();
        var alternatives = certificate.getSubjectAlternativeNames();
        if (alternatives == null) return names;
        for (var alternative : alternatives)
            if (alternative.get(0).equals(URI) && alternative.get(1) instanceof String uri && uri.startsWith(prefix))
                names.add(uri.substring(prefix.length()));
        return names;
    }
}
