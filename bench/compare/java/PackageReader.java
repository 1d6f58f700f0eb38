package vn.truc.compare;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.crypto.AlgorithmMethod;
import javax.xml.crypto.KeySelector;
import javax.xml.crypto.KeySelectorException;
import javax.xml.crypto.KeySelectorResult;
import javax.xml.crypto.MarshalException;
import javax.xml.crypto.XMLCryptoContext;
import javax.xml.crypto.dsig.CanonicalizationMethod;
import javax.xml.crypto.dsig.SignedInfo;
import javax.xml.crypto.dsig.Transform;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureException;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.crypto.dsig.keyinfo.KeyInfo;
import javax.xml.crypto.dsig.keyinfo.X509Data;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/** Parses a package and verifies its signature. For one thread: a parser is made once and used again. */
final class PackageReader {
    private static final String EDXML = "http://www.mic.gov.vn/TBT/QCVN_102_2016";
    private static final List<String> TRANSFORMS = List.of(Transform.ENVELOPED, CanonicalizationMethod.EXCLUSIVE);
    private static final String DEPTH_MAX = "100"; // elements

    private final XMLSignatureFactory signatures = XMLSignatureFactory.getInstance("DOM");
    private final DocumentBuilder parser;
    private final Signers signers;

    PackageReader(Signers signers) {
        this.signers = signers;
        try {
            var factory = DocumentBuilderFactory.newInstance();
            factory.setNamespaceAware(true);
            factory.setXIncludeAware(false);
            factory.setExpandEntityReferences(false);
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            factory.setAttribute("jdk.xml.maxElementDepth", DEPTH_MAX);
            // The signature reads every node, so none is worth being made later.
            factory.setFeature("http://apache.org/xml/features/dom/defer-node-expansion", false);
            parser = factory.newDocumentBuilder();
            parser.setErrorHandler(new DefaultHandler()); // throws, and prints nothing
        } catch (ParserConfigurationException unknown) {
            throw new IllegalStateException(unknown);
        }
    }

    SignedPackage read(byte[] octets) throws Refusal {
        var header = only(only(parse(octets).getDocumentElement(), EDXML, "edXMLEnvelope"), EDXML, "edXMLHeader");
        var signer = verify(only(header, XMLSignature.XMLNS, "Signature"));
        var message = only(header, EDXML, "MessageHeader");
        var sender = text(only(only(message, EDXML, "From"), EDXML, "OrganId"));
        if (!sender.equals(signer.agency())) throw new Refusal(422, "signed by another than its sender");
        var recipients = new ArrayList<String>();
        for (var to : all(message, EDXML, "To")) recipients.add(text(only(to, EDXML, "OrganId")));
        if (recipients.isEmpty()) throw new Refusal(422, "no recipient");
        return new SignedPackage(sender, recipients, text(only(message, EDXML, "DocumentId")));
    }

    private Document parse(byte[] octets) throws Refusal {
        try {
            return parser.parse(new ByteArrayInputStream(octets));
        } catch (SAXException | IOException refused) {
            throw new Refusal(422, "not well-formed XML without a DOCTYPE: " + refused.getMessage());
        }
    }

    private Signers.Signer verify(Element element) throws Refusal {
        var selector = new TrustedKey();
        var context = new DOMValidateContext(selector, element);
        context.setProperty("org.jcp.xml.dsig.secureValidation", true);
        try {
            var signature = signatures.unmarshalXMLSignature(context);
            requireWholeDocument(signature.getSignedInfo());
            if (!signature.validate(context)) throw new Refusal(422, "the signature does not hold");
        } catch (MarshalException | XMLSignatureException | ClassCastException refused) {
            throw new Refusal(422, "the signature is refused: " + reasonOf(refused));
        }
        return selector.signer;
    }

    // What was wrong first: the layers between tell only that something was.
    private static String reasonOf(Throwable failure) {
        while (failure.getCause() != null) failure = failure.getCause();
        return failure.getMessage();
    }

    // One reference to all of the document, less the signature: what is read below was signed.
    private static void requireWholeDocument(SignedInfo signed) throws Refusal {
        var references = signed.getReferences();
        if (references.size() != 1) throw new Refusal(422, "not one reference");
        var reference = references.get(0);
        var transforms = new ArrayList<String>();
        for (var transform : reference.getTransforms()) transforms.add(transform.getAlgorithm());
        if (!"".equals(reference.getURI()) || !transforms.equals(TRANSFORMS))
            throw new Refusal(422, "the reference is not to the whole document");
    }

    private final class TrustedKey extends KeySelector {
        private Signers.Signer signer;

        @Override
        public KeySelectorResult select(KeyInfo keyInfo, Purpose purpose, AlgorithmMethod method,
                                        XMLCryptoContext context) throws KeySelectorException {
            var chain = new ArrayList<X509Certificate>();
            for (var part : keyInfo == null ? List.of() : keyInfo.getContent())
                if (part instanceof X509Data data)
                    for (var item : data.getContent())
                        if (item instanceof X509Certificate certificate) chain.add(certificate);
            if (chain.isEmpty()) throw new KeySelectorException("no certificate");
            try {
                signer = signers.of(chain);
            } catch (GeneralSecurityException refused) {
                throw new KeySelectorException(refused);
            }
            return signer::key;
        }
    }

    private static List<Element> all(Element parent, String namespace, String name) {
        var found = new ArrayList<Element>();
        for (var node = parent.getFirstChild(); node != null; node = node.getNextSibling())
            if (node instanceof Element element && name.equals(element.getLocalName())
                && namespace.equals(element.getNamespaceURI()))
                found.add(element);
        return found;
    }

    private static Element only(Element parent, String namespace, String name) throws Refusal {
        var found = all(parent, namespace, name);
        if (found.size() != 1)
            throw new Refusal(422, found.size() + " elements " + name + " in " + parent.getLocalName());
        return found.get(0);
    }

    private static String text(Element element) {
        return element.getTextContent().strip();
    }
}
