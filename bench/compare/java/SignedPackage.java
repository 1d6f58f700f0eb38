package vn.truc.compare;

import java.util.List;

/** What a package says whose signature holds under a certificate that names its sender. */
record SignedPackage(String sender, List<String> recipients, String documentId) {
}
