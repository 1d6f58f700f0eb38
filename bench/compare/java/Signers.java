package vn.truc.compare;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which agency a signer's chain names, if it leads to an anchor. A path that was found good stays good
 * for a minute: an agency signs many documents with one certificate. For several threads.
 */
final class Signers {
    private static final String DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36"; // RFC 9336
    private static final long GOOD_FOR_NANOSECONDS = 60_000_000_000L;
    private static final int REMEMBERED_MAX = 20_000;

    record Signer(String agency, PublicKey key) {
    }

    private record Remembered(Signer signer, long until) {
    }

    private final Set<TrustAnchor> anchors = new HashSet<>();
    private final List<X509CRL> lists = new ArrayList<>();
    private final Map<List<X509Certificate>, Remembered> remembered = new ConcurrentHashMap<>();

    /** Without lists, nobody is asked about revocation. */
    Signers(Path anchorsFile, List<Path> listFiles) throws GeneralSecurityException, IOException {
        for (var anchor : Pem.certificates(anchorsFile)) anchors.add(new TrustAnchor(anchor, null));
        for (var file : listFiles) lists.add(Pem.list(file));
    }

    Signer of(List<X509Certificate> chain) throws GeneralSecurityException {
        var now = System.nanoTime();
        var known = remembered.get(chain);
        if (known != null && now - known.until() < 0) return known.signer();
        checkPath(chain);
        var agencies = Pem.names(chain.get(0), "agency");
        if (agencies.size() != 1) throw new GeneralSecurityException("a signer's certificate names one agency");
        if (remembered.size() >= REMEMBERED_MAX) remembered.clear();
        var signer = new Signer(agencies.get(0), chain.get(0).getPublicKey());
        remembered.put(chain, new Remembered(signer, now + GOOD_FOR_NANOSECONDS));
        return signer;
    }

    private void checkPath(List<X509Certificate> chain) throws GeneralSecurityException {
        var target = new X509CertSelector();
        target.setCertificate(chain.get(0));
        try {
            target.setExtendedKeyUsage(Set.of(DOCUMENT_SIGNING));
        } catch (IOException malformed) {
            throw new GeneralSecurityException(malformed);
        }
        var parameters = new PKIXBuilderParameters(anchors, target);
        parameters.setRevocationEnabled(!lists.isEmpty());
        var known = new ArrayList<Object>(chain);
        known.addAll(lists);
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(known)));
        CertPathBuilder.getInstance("PKIX").build(parameters);
    }
}
