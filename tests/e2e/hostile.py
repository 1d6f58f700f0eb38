"""Packages that must be refused wherever they knock: a table of what, how it is made, and why."""

from dataclasses import dataclass, replace

from packages import Document, File, status_xml

SENDER = "000.00.00.G22"
RECIPIENT = "G12.18"
BASE = Document(SENDER, [RECIPIENT], "hostile")


@dataclass(frozen=True)
class Case:
    name: str
    package: bytes
    code: str
    number: int
    places: dict  # what place, expected and found must contain
    kind: str = "documents"

    def __str__(self):
        return self.name


def xml(**changes):
    return replace(BASE, **changes).xml()


def changed(old, new):
    package = BASE.xml()
    assert package.count(old) == 1, old
    return package.replace(old, new)


def case(name, package, code, number, kind="documents", **places):
    return Case(name.replace(" ", "_"), package, code, number, places, kind)


# Refused for what the package itself says; no signature is looked at before.
MALFORMED = [
    case("nothing at all", b"", "not_xml", 3001),
    case("a truncated package", BASE.xml()[:900], "not_xml", 3001),
    case("a document type declaration",
         changed(b"<edXML:edXML ", b'<!DOCTYPE edXML [<!ENTITY a "b">]><edXML:edXML '),
         "doctype_forbidden", 3004, place="line 2", found="<!DOCTYPE edXML"),
    case("a byte order mark", b"\xef\xbb\xbf" + BASE.xml(), "junk_before_xml", 3003,
         place="line 1", found="byte-order mark"),
    case("junk before the declaration", b"HTTP/1.1\r\n" + BASE.xml(), "junk_before_xml", 3003),
    case("an unbound prefix", changed(b"<edXML:TypeName>", b"<tct:TypeName>").replace(
        "Công văn</edXML:TypeName>".encode(), "Công văn</tct:TypeName>".encode()),
         "unbound_prefix", 3005, found="tct"),
    case("text that is not UTF-8", changed("Hà Nội".encode(), b"H\xe0 N\xf4i"), "not_utf8", 3002,
         place="line 2", found="0xe0"),
    case("a processing instruction", changed(b"<edXML:edXMLBody>", b"<?run x?><edXML:edXMLBody>"),
         "processing_instruction", 3007),
    case("another root", b"<?xml version='1.0'?><letter/>", "not_edxml", 3101,
         expected="edXML", found="letter"),
    case("a date that does not exist", xml(promulgated="2014/02/30"), "malformed_date", 3108,
         place="PromulgationDate", expected="yyyy/MM/dd", found="2014/02/30"),
    case("an impossible code", xml(recipients=["g12 18"]), "malformed_agency_code", 3109,
         place="OrganId", found="g12 18"),
    case("no DocumentId", changed(b"<edXML:DocumentId>hostile</edXML:DocumentId>", b""),
         "element_missing", 3102, place="MessageHeader", expected="DocumentId"),
    case("an empty subject", xml(subject=""), "value_empty", 3105, place="Subject"),
    case("a subject of 501 letters", xml(subject="ư" * 501), "value_too_long", 3106,
         place="Subject", expected="500", found="501"),
    case("a DocumentId of 201 letters", xml(document_id="x" * 201), "malformed_document_id", 3111,
         place="DocumentId"),
    case("an addressee named twice", xml(recipients=[RECIPIENT, "000.00.00.G12", RECIPIENT]),
         "recipient_repeated", 3112, place="To[3]", found=RECIPIENT),
    case("an unknown priority", xml(priority=7), "value_invalid", 3107, place="Priority", found="7"),
    case("a mark of secrecy", xml(other_info="<edXML:Secret>Tối mật</edXML:Secret>"),
         "secret_marked", 3122, place="OtherInfo/edXML:Secret"),
    case("a mark of secrecy in the subject", xml(subject="(TUYỆT MẬT) Kế hoạch số 5"),
         "secret_marked", 3122, place="Subject"),
    case("an attachment that leaves its folder", xml(files=[File("../../etc/passwd", b"x")]),
         "attachment_name", 3119, place="AttachmentName", found="../../etc/passwd"),
    case("an attachment beside that leaves its folder",
         xml(files=[File("../envelope.edxml", b"x", beside=True)]), "attachment_name", 3119,
         place="AttachmentName"),
    case("an empty attachment", xml(files=[File("rong.pdf", b"")]), "attachment_empty", 3117,
         place="Attachment"),
    case("an attachment that is not base64",
         xml(files=[File("a.pdf", b"abc")]).replace(b"YWJj", b"Y*Jj"), "attachment_encoding", 3118,
         place="Attachment"),
    case("an attachment outside the manifest",
         xml(files=[File("a.pdf", b"abc")]).replace(b"<edXML:ContentId>cid:f0", b"<edXML:ContentId>"
                                                    b"cid:other", 1), "attachment_unlisted", 3115),
    case("an unknown status code", status_xml(BASE, RECIPIENT, "99"), "status_unknown", 3121,
         kind="statuses", place="StatusCode", found="99"),
]
