// The JDK's javax.xml.crypto as a judge of signatures and as a signer: `java JdkOracle.java ANCHORS`
// answers the questions that README.md describes, until its input ends.

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileInputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import javax.crypto.spec.SecretKeySpec;
import javax.xml.crypto.AlgorithmMethod;
import javax.xml.crypto.KeySelector;
import javax.xml.crypto.KeySelectorException;
import javax.xml.crypto.KeySelectorResult;
import javax.xml.crypto.XMLCryptoContext;
import javax.xml.crypto.dom.DOMStructure;
import javax.xml.crypto.dsig.CanonicalizationMethod;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.Transform;
import javax.xml.crypto.dsig.XMLObject;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.crypto.dsig.keyinfo.KeyInfo;
import javax.xml.crypto.dsig.keyinfo.X509Data;
import javax.xml.crypto.dsig.spec.C14NMethodParameterSpec;
import javax.xml.crypto.dsig.spec.TransformParameterSpec;
import javax.xml.crypto.dsig.spec.XPathFilterParameterSpec;
import javax.xml.crypto.dsig.spec.XSLTTransformParameterSpec;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.ErrorHandler;
import org.xml.sax.InputSource;
import org.xml.sax.SAXParseException;

public final class JdkOracle {
    private static final String SECURE = "org.jcp.xml.dsig.secureValidation";
    private static final String IDENTITY_STYLESHEET =
        "<xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\">"
        + "<xsl:template match=\"@*|node()\"><xsl:copy><xsl:apply-templates select=\"@*|node()\"/>"
        + "</xsl:copy></xsl:template></xsl:stylesheet>";

    private final XMLSignatureFactory signatures = XMLSignatureFactory.getInstance("DOM");
    private final DocumentBuilder parser;
    private final Set<TrustAnchor> anchors = new HashSet<>();
    private final Map<List<X509Certificate>, Boolean> trusted = new HashMap<>();

    private JdkOracle(String anchorsFile) throws Exception {
        var factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        parser = factory.newDocumentBuilder();
        parser.setErrorHandler(new Strict());
        for (var anchor : certificatesOf(anchorsFile)) anchors.add(new TrustAnchor(anchor, null));
    }

    public static void main(String[] arguments) throws Exception {
        var oracle = new JdkOracle(arguments[0]);
        var in = new DataInputStream(System.in);
        var out = new DataOutputStream(System.out);
        while (true) {
            byte[] question;
            try {
                question = in.readNBytes(in.readInt());
            } catch (EOFException end) {
                return;
            }
            byte[] answer = oracle.answer(question);
            out.writeInt(answer.length);
            out.write(answer);
            out.flush();
        }
    }

    // The first line is the question, what follows it the document.
    private byte[] answer(byte[] question) {
        try {
            int end = 0;
            while (question[end] != '\n') ++end;
            var settings = Settings.of(new String(question, 0, end, StandardCharsets.UTF_8));
            var bytes = new ByteArrayInputStream(question, end + 1, question.length - end - 1);
            var document = parser.parse(bytes);
            if (settings.verb.equals("sign")) return sign(document, settings);
            return verify(document, settings) ? text("accepted") : text("refused: core validation");
        } catch (Exception | StackOverflowError failure) {
            return text("refused: " + failure);
        }
    }

    private boolean verify(Document document, Settings settings) throws Exception {
        var found = document.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature");
        if (found.getLength() == 0) throw new IllegalArgumentException("no signature");
        var context = new DOMValidateContext(selectorFor(settings), found.item(0));
        context.setProperty(SECURE, !settings.has("lenient"));
        for (var element : List.of("Object", "edXMLBody")) {
            var named = document.getElementsByTagNameNS("*", element);
            for (int i = 0; settings.has("lenient") && i < named.getLength(); ++i) declareId(context, named.item(i));
        }
        return signatures.unmarshalXMLSignature(context).validate(context);
    }

    private static void declareId(DOMValidateContext context, org.w3c.dom.Node node) {
        if (node instanceof Element element && element.hasAttribute("Id"))
            context.setIdAttributeNS(element, null, "Id");
    }

    // The key that the question names, or that of the first certificate of KeyInfo, if an anchor
    // vouches for it.
    private KeySelector selectorFor(Settings settings) throws Exception {
        if (settings.has("secret")) return KeySelector.singletonKeySelector(secret(settings));
        if (settings.has("chain"))
            return KeySelector.singletonKeySelector(certificatesOf(settings.get("chain")).get(0).getPublicKey());
        return new KeySelector() {
            @Override
            public KeySelectorResult select(KeyInfo keyInfo, Purpose purpose, AlgorithmMethod method,
                                            XMLCryptoContext context) throws KeySelectorException {
                var certificates = new ArrayList<X509Certificate>();
                for (var part : keyInfo == null ? List.of() : keyInfo.getContent()) {
                    if (!(part instanceof X509Data data)) continue;
                    for (var item : data.getContent())
                        if (item instanceof X509Certificate certificate) certificates.add(certificate);
                }
                if (certificates.isEmpty() || !trusted.computeIfAbsent(certificates, JdkOracle.this::leadsToAnchor))
                    throw new KeySelectorException("no trusted certificate");
                return () -> certificates.get(0).getPublicKey();
            }
        };
    }

    private boolean leadsToAnchor(List<X509Certificate> chain) {
        try {
            var target = new X509CertSelector();
            target.setCertificate(chain.get(0));
            var parameters = new PKIXBuilderParameters(anchors, target);
            parameters.setRevocationEnabled(false);
            parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(chain)));
            CertPathBuilder.getInstance("PKIX").build(parameters);
            return true;
        } catch (Exception refused) {
            return false;
        }
    }

    private byte[] sign(Document document, Settings settings) throws Exception {
        var digest = signatures.newDigestMethod(settings.get("digest"), null);
        var references = new ArrayList<Reference>();
        for (var uri : settings.list("references"))
            references.add(signatures.newReference(uri, digest, transformsOf(settings), null, null));
        var signedInfo = signatures.newSignedInfo(
            signatures.newCanonicalizationMethod(settings.get("c14n"), (C14NMethodParameterSpec) null),
            signatures.newSignatureMethod(settings.get("method"), null), references);
        var signature = signatures.newXMLSignature(signedInfo, keyInfoOf(settings), objectsOf(settings, document), null, null);
        var parent = document.getElementsByTagNameNS("*", settings.get("parent")).item(0);
        var key = settings.has("secret") ? secret(settings) : privateKeyOf(settings.get("key"));
        var context = new DOMSignContext(key, parent);
        context.setProperty(SECURE, false);
        signature.sign(context);
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes(text("signed\n"));
        TransformerFactory.newInstance().newTransformer().transform(new DOMSource(document), new StreamResult(bytes));
        return bytes.toByteArray();
    }

    private List<Transform> transformsOf(Settings settings) throws Exception {
        var transforms = new ArrayList<Transform>();
        for (var algorithm : settings.list("transforms")) {
            TransformParameterSpec parameters = null;
            if (algorithm.equals(Transform.XPATH))
                parameters = new XPathFilterParameterSpec("not(ancestor-or-self::*[local-name()='edXMLBody'])");
            if (algorithm.equals(Transform.XSLT)) {
                var stylesheet = parser.parse(new InputSource(new StringReader(IDENTITY_STYLESHEET)));
                parameters = new XSLTTransformParameterSpec(new DOMStructure(stylesheet.getDocumentElement()));
            }
            transforms.add(signatures.newTransform(algorithm, parameters));
        }
        return transforms;
    }

    private KeyInfo keyInfoOf(Settings settings) throws Exception {
        if (settings.get("key_info").equals("none")) return null;
        var factory = signatures.getKeyInfoFactory();
        var certificates = certificatesOf(settings.get("chain"));
        if (settings.get("key_info").equals("value"))
            return factory.newKeyInfo(List.of(factory.newKeyValue(certificates.get(0).getPublicKey())));
        return factory.newKeyInfo(List.of(factory.newX509Data(certificates)));
    }

    private List<XMLObject> objectsOf(Settings settings, Document document) {
        if (!settings.has("object")) return List.of();
        var content = new DOMStructure(document.createTextNode("beside"));
        return List.of(signatures.newXMLObject(List.of(content), "object", null, null));
    }

    private static Key secret(Settings settings) {
        return new SecretKeySpec(text(settings.get("secret")), "HMAC");
    }

    private static List<X509Certificate> certificatesOf(String file) throws Exception {
        try (var stream = new FileInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(stream).stream()
                .map(X509Certificate.class::cast).collect(Collectors.toList());
        }
    }

    private static PrivateKey privateKeyOf(String file) throws Exception {
        var body = Files.readString(Path.of(file)).replaceAll("-----[^-]+-----", "");
        var key = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(body));
        for (var algorithm : List.of("RSA", "EC", "DSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(key);
            } catch (java.security.spec.InvalidKeySpecException another) {
                continue;
            }
        }
        throw new IllegalArgumentException("a key of another kind");
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    // "verb name=value name=value": values without spaces, lists with commas.
    private record Settings(String verb, Map<String, String> values) {
        static Settings of(String line) {
            var words = line.split(" ");
            var values = new HashMap<String, String>();
            for (int i = 1; i < words.length; ++i) {
                var parts = words[i].split("=", 2);
                values.put(parts[0], parts[1]);
            }
            return new Settings(words[0], values);
        }

        boolean has(String name) {
            return values.containsKey(name);
        }

        String get(String name) {
            return values.get(name);
        }

        List<String> list(String name) {
            return List.of(values.get(name).split(",", -1));
        }
    }

    private static final class Strict implements ErrorHandler {
        @Override
        public void warning(SAXParseException problem) throws SAXParseException {
            throw problem;
        }

        @Override
        public void error(SAXParseException problem) throws SAXParseException {
            throw problem;
        }

        @Override
        public void fatalError(SAXParseException problem) throws SAXParseException {
            throw problem;
        }
    }
}
