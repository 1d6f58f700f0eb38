"""Makes edXML packages of QCVN 102, unsigned, as a document system would write them."""

import base64
import hashlib
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.sax.saxutils import escape

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
EXTENSION = "urn:vn:truc:edxml:1"
E = f"{{{NAMESPACE}}}"


@dataclass(frozen=True)
class File:
    """An attachment; `beside` ones travel next to the envelope, bound by digest."""
    name: str
    content: bytes
    content_type: str = "application/pdf"
    beside: bool = False

    @property
    def sha256(self):
        return hashlib.sha256(self.content).hexdigest()


@dataclass
class Document:
    sender: str
    recipients: list
    document_id: str
    number: str = "12"
    notation: str = "VPCP-TTĐT"
    subject: str = "V/v triển khai nền tảng gửi, nhận văn bản điện tử"
    content: str = "Về việc thử nghiệm liên thông"
    promulgated: str = "2026/11/20"
    priority: int = 0
    business: int = 0           # BussinessDocType
    business_document: str = ""  # the original of an update
    replaces: list = field(default_factory=list)       # DocumentIds
    responses_for: list = field(default_factory=list)  # Documents
    files: list = field(default_factory=list)
    other_info: str = ""        # markup put into OtherInfo as it stands
    sender_name: str = "Văn phòng Chính phủ"
    recipient_name: str = "Ủy ban nhân dân xã Đường Lâm"

    def xml(self):
        return document_xml(self).encode()


def element(name, value):
    return f"<edXML:{name}>{escape(str(value))}</edXML:{name}>"


def party(tag, code, name):
    return f"<edXML:{tag}>{element('OrganId', code)}{element('OrganName', name)}</edXML:{tag}>"


def code_xml(document):
    return ("<edXML:Code>" + element("CodeNumber", document.number)
            + element("CodeNotation", document.notation) + "</edXML:Code>")


def response_for_xml(document):
    return ("<edXML:ResponseFor>" + element("OrganId", document.sender) + code_xml(document)
            + element("PromulgationDate", document.promulgated)
            + element("DocumentId", document.document_id) + "</edXML:ResponseFor>")


def business_xml(document):
    if document.business == 0 and not document.business_document:
        return ""
    replaced = ""
    if document.replaces:
        organs = "".join(element("OrganId", code) for code in document.recipients)
        replaced = "".join(
            "<edXML:ReplacementInfo>" + element("DocumentId", old)
            + f"<edXML:OrganIdList>{organs}</edXML:OrganIdList></edXML:ReplacementInfo>"
            for old in document.replaces)
        replaced = f"<edXML:ReplacementInfoList>{replaced}</edXML:ReplacementInfoList>"
    original = ""
    if document.business_document:
        original = element("DocumentId", document.business_document)
    return ("<edXML:Bussiness>" + element("BussinessDocType", document.business)
            + element("BussinessDocReason", "Sửa đổi nội dung") + original
            + "<edXML:StaffInfo>" + element("Staff", "Nguyễn Thị Hồng Đào") + "</edXML:StaffInfo>"
            + element("Paper", 0) + replaced + "</edXML:Bussiness>")


def manifest_xml(files):
    references = []
    for index, file in enumerate(files):
        beside = ""
        if file.beside:
            beside = (f'<truc:Beside xmlns:truc="{EXTENSION}" sha256="{file.sha256}" '
                      f'size="{len(file.content)}"/>')
        references.append(
            "<edXML:Reference>" + element("ContentId", f"cid:f{index}")
            + element("ContentType", file.content_type) + element("Description", file.name)
            + element("AttachmentName", file.name) + beside + "</edXML:Reference>")
    return f'<edXML:edXMLManifest version="1.0">{"".join(references)}</edXML:edXMLManifest>'


def attachments_xml(files):
    inside = [(index, file) for index, file in enumerate(files) if not file.beside]
    if not inside:
        return ""
    parts = "".join(
        "<edXML:Attachment>" + element("ContentId", f"cid:f{index}")
        + element("AttachmentName", file.name) + element("Description", file.name)
        + element("ContentType", file.content_type)
        + element("ContentTransferEncoded", base64.b64encode(file.content).decode())
        + "</edXML:Attachment>"
        for index, file in inside)
    return f"<edXML:AttachmentEncoded>{parts}</edXML:AttachmentEncoded>"


def document_xml(document):
    header = "".join([
        party("From", document.sender, document.sender_name),
        *[party("To", code, document.recipient_name) for code in document.recipients],
        code_xml(document),
        "<edXML:PromulgationInfo>", element("Place", "Hà Nội"),
        element("PromulgationDate", document.promulgated), "</edXML:PromulgationInfo>",
        "<edXML:DocumentType>", element("Type", 2), element("TypeName", "Công văn"),
        "</edXML:DocumentType>",
        element("Subject", document.subject), element("Content", document.content),
        "<edXML:SignerInfo>", element("Competence", "TM. Chính phủ"),
        element("Position", "Chánh Văn phòng"), element("FullName", "Trần Đình Trọng"),
        "</edXML:SignerInfo>",
        "<edXML:OtherInfo>", element("Priority", document.priority), document.other_info,
        "</edXML:OtherInfo>",
        *[response_for_xml(other) for other in document.responses_for],
        element("SteeringType", 0), element("DocumentId", document.document_id),
    ])
    trace = ("<edXML:TraceHeaderList><edXML:TraceHeader>" + element("OrganId", document.sender)
             + element("Timestamp", "2026/11/20 08:30:00") + "</edXML:TraceHeader>"
             + business_xml(document) + "</edXML:TraceHeaderList>")
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<edXML:edXML xmlns:edXML="{NAMESPACE}">'
            "<edXML:edXMLEnvelope><edXML:edXMLHeader>"
            f"<edXML:MessageHeader>{header}</edXML:MessageHeader>{trace}</edXML:edXMLHeader>"
            f"<edXML:edXMLBody>{manifest_xml(document.files)}</edXML:edXMLBody>"
            f"</edXML:edXMLEnvelope>{attachments_xml(document.files)}</edXML:edXML>\n")


def status_xml(document, sender, code, timestamp="2026/11/20 09:00:00", description="Đã xem"):
    """A status package of `sender` about `document`, for that document's sender."""
    header = "".join([
        response_for_xml(document), party("From", sender, "Sở Thông tin và Truyền thông"),
        element("StatusCode", code), element("Description", description),
        "<edXML:StaffInfo>", element("Department", "Văn thư"), element("Staff", "Lê Thị Ánh"),
        "</edXML:StaffInfo>", element("Timestamp", timestamp),
    ])
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<edXML:edXML xmlns:edXML="{NAMESPACE}">'
            "<edXML:edXMLEnvelope><edXML:edXMLHeader>"
            f"<edXML:MessageHeader>{header}</edXML:MessageHeader></edXML:edXMLHeader>"
            "</edXML:edXMLEnvelope></edXML:edXML>\n").encode()


def document_id_of(package):
    """The DocumentId that a package states, "" for a status package."""
    header = ElementTree.fromstring(package).find(f"{E}edXMLEnvelope/{E}edXMLHeader/{E}MessageHeader")
    return (header.findtext(f"{E}DocumentId") or "").strip()


def status_code_of(package):
    header = ElementTree.fromstring(package).find(f"{E}edXMLEnvelope/{E}edXMLHeader/{E}MessageHeader")
    return (header.findtext(f"{E}StatusCode") or "").strip()
