"""Small DICOM files, made by hand: what pydicom would not write is wanted too."""

from io import BytesIO
from struct import pack

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

LONG = {b"OB", b"OW", b"SQ", b"UN", b"UT"}
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD


def tag(number: int) -> bytes:
    """Return a tag, little endian."""
    return pack("<HH", number >> 16, number & 0xFFFF)


def element(number: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    """Return one explicit little-endian element; `length` is what it claims."""
    claimed = len(value) if length is None else length
    if vr in LONG:
        return tag(number) + vr + b"\0\0" + pack("<L", claimed) + value
    return tag(number) + vr + pack("<H", claimed) + value


def item(value: bytes, length: int | None = None) -> bytes:
    """Return one item of a sequence, or a fragment."""
    return tag(ITEM) + pack("<L", len(value) if length is None else length) + value


def end(number: int) -> bytes:
    """Return a delimiter."""
    return tag(number) + bytes(4)


def part10(dataset: bytes, syntax: bytes = b"1.2.840.10008.1.2.1\0") -> bytes:
    """Return `dataset` behind a preamble and the least meta information."""
    return bytes(128) + b"DICM" + element(0x00020010, b"UI", syntax) + dataset


def ct_slice(**others: object) -> bytes:
    """Make a CT slice of 8 by 8 pixels; no patient was ever near it."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "1.2.3.4"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2", "1.2.3"
    dataset.Modality, dataset.PatientName = "CT", "Synthetic^Case"
    dataset.Rows = dataset.Columns = 8
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.SamplesPerPixel, dataset.PixelRepresentation = 15, 1, 0
    dataset.PhotometricInterpretation, dataset.PixelData = "MONOCHROME2", bytes(128)
    for keyword, value in others.items():
        setattr(dataset, keyword, value)
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()
