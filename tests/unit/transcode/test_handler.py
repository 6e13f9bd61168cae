"""transcode.handle, with a bucket in memory and the real pixel code."""

from collections.abc import Callable
from io import BytesIO

import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import generate_frames
from pydicom.uid import HTJ2KLosslessRPCL

from services.transcode.handler import Run, handle, judged_twice
from services.transcode.settings import Proof
from services.transcode.work import CorruptOriginal, Result, Task
from shared.children import ChildDied
from shared.errors import EdgeDown
from shared.events import Event, InstanceStored, InstanceTranscoded, Outcome, StoredObject
from tests.fakes.storage import MemoryStorage
from tests.unit.transcode.samples import sample, told

Store = Callable[[bytes], InstanceStored]


def handled(event: InstanceStored, run: Run) -> InstanceTranscoded:
    (said,) = handle(event, run, Proof.ALL)
    assert isinstance(said, InstanceTranscoded)
    return said


def test_a_slice_gets_a_fast_copy(
    storage: MemoryStorage, store: Store, run: Run, ct_slice: bytes
) -> None:
    """The copy has the same pixels and the same UID, and the event says where it is."""
    said = handled(store(ct_slice), run)

    copy = dcmread(storage.open(said.object.bucket, said.object.key))
    (frame,) = generate_frames(copy.PixelData, number_of_frames=1)
    assert said.outcome is Outcome.TRANSCODED
    assert copy.file_meta.TransferSyntaxUID == HTJ2KLosslessRPCL
    assert copy.SOPInstanceUID == "1.2.3.4"
    assert np.array_equal(imagecodecs.jpeg2k_decode(frame), dcmread(BytesIO(ct_slice)).pixel_array)


def test_a_redelivery_changes_nothing(
    storage: MemoryStorage, store: Store, run: Run, ct_slice: bytes
) -> None:
    """The broker may deliver twice; the bucket and the event stay the same."""
    event = store(ct_slice)
    first = handled(event, run)
    after_first = contents(storage)

    assert handled(event, run) == first
    assert handled(event, run).id == first.id
    assert contents(storage) == after_first


def contents(storage: MemoryStorage) -> dict[tuple[str, str], list[bytes]]:
    return {place: [each.body for each in each_of] for place, each_of in storage.objects.items()}


def test_another_content_under_the_same_uid_gets_its_own_copy(
    store: Store, run: Run, ct_slice: bytes
) -> None:
    """Whichever is presented is decided elsewhere; here nothing is overwritten."""
    other = ct_slice[:-2] + b"\x07\x00"
    first, second = handled(store(ct_slice), run), handled(store(other), run)

    assert first.object.key != second.object.key
    assert first.pixel_digest != second.pixel_digest


OUTCOMES = [
    ("CT_small.dcm", Outcome.TRANSCODED, None, 1),
    ("MR_small.dcm", Outcome.TRANSCODED, None, 1),
    ("MR_small_implicit.dcm", Outcome.TRANSCODED, None, 1),
    ("MR_small_RLE.dcm", Outcome.TRANSCODED, None, 1),
    ("MR_small_jp2klossless.dcm", Outcome.TRANSCODED, None, 1),
    ("MR_small_jpeg_ls_lossless.dcm", Outcome.TRANSCODED, None, 1),
    ("JPEG-LL.dcm", Outcome.TRANSCODED, None, 1),
    ("JPGLosslessP14SV1_1s_1f_8b.dcm", Outcome.TRANSCODED, None, 1),
    ("emri_small.dcm", Outcome.TRANSCODED, None, 10),
    ("emri_small_RLE.dcm", Outcome.TRANSCODED, None, 10),
    ("emri_small_jpeg_2k_lossless.dcm", Outcome.TRANSCODED, None, 10),
    ("eCT_Supplemental.dcm", Outcome.TRANSCODED, None, 2),
    ("OBXXXX1A_2frame.dcm", Outcome.TRANSCODED, None, 2),
    ("image_dfl.dcm", Outcome.TRANSCODED, None, 1),
    ("examples_overlay.dcm", Outcome.TRANSCODED, None, 1),
    ("explicit_VR-UN.dcm", Outcome.TRANSCODED, None, 1),
    ("bad_sequence.dcm", Outcome.TRANSCODED, None, 1),
    ("MR_small_bigendian.dcm", Outcome.TRANSCODED, None, 1),
    ("MR_small_padded.dcm", Outcome.KEPT, "excess-pixels", 1),
    ("JPEG2000.dcm", Outcome.KEPT, "lossy-source", 1),
    ("JPEGLSNearLossless_16.dcm", Outcome.KEPT, "lossy-source", 1),
    ("color3d_jpeg_baseline.dcm", Outcome.KEPT, "lossy-source", 120),
    ("J2K_pixelrep_mismatch.dcm", Outcome.KEPT, "unused-bits", 1),
    ("mlut_18.dcm", Outcome.KEPT, "unused-bits", 1),
    ("rtdose.dcm", Outcome.KEPT, "bits-allocated", 15),
    ("liver_1frame.dcm", Outcome.KEPT, "bits-allocated", 1),
    ("SC_rgb_rle.dcm", Outcome.TRANSCODED, None, 1),
    ("SC_ybr_full_422_uncompressed.dcm", Outcome.KEPT, "photometric", 1),
    ("test-SR.dcm", Outcome.KEPT, "no-pixels", None),
    ("waveform_ecg.dcm", Outcome.KEPT, "no-pixels", None),
    ("MR_truncated.dcm", Outcome.FAILED, "cannot-decode", None),
    ("emri_small_jpeg_2k_lossless_too_short.dcm", Outcome.FAILED, "cannot-decode", None),
    ("meta_missing_tsyntax.dcm", Outcome.FAILED, "header-incomplete", None),
    ("badVR.dcm", Outcome.FAILED, "header-incomplete", None),
    ("README.txt", Outcome.FAILED, "not-dicom", None),
]


@pytest.mark.parametrize("row", OUTCOMES, ids=lambda row: row[0])
def test_every_kind_of_file_has_its_outcome(
    store: Store, run: Run, row: tuple[str, Outcome, str | None, int | None]
) -> None:
    """A file that cannot be recoded is a fact to tell, so that its study can complete."""
    name, outcome, reason, frames = row
    event = store(sample(name))
    said = handled(event, run)

    assert (said.outcome, said.reason, said.frames) == (outcome, reason, frames)
    assert (said.pixel_digest is None) == (frames is None)
    assert (said.object == event.object) == (outcome is not Outcome.TRANSCODED)


def test_one_picture_in_many_encodings_has_one_digest(store: Store, run: Run) -> None:
    """A study sent again in another transfer syntax is the same picture."""
    names = (
        "MR_small.dcm",
        "MR_small_implicit.dcm",
        "MR_small_RLE.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
    )
    assert len({handled(store(sample(name)), run).pixel_digest for name in names}) == 1


def test_the_same_bytes_in_another_shape_are_another_picture(
    store: Store, run: Run, ct_slice: bytes
) -> None:
    """Rows and columns are part of the digest."""
    dataset = dcmread(BytesIO(ct_slice))
    dataset.Rows, dataset.Columns = 32, 128
    out = BytesIO()
    dataset.save_as(out)

    shapes = (ct_slice, out.getvalue())
    assert len({handled(store(each), run).pixel_digest for each in shapes}) == 2


def test_a_missing_object_is_not_swallowed(run: Run) -> None:
    """An archive that has lost something is tried again, so the error must reach the consumer."""
    nowhere = StoredObject(bucket="archive", key="nowhere", size=1, sha256="0" * 64)
    with pytest.raises(FileNotFoundError):
        handled(told(nowhere), run)


def test_corrupt_bytes_are_refused(
    storage: MemoryStorage, store: Store, run: Run, ct_slice: bytes
) -> None:
    """A flipped bit in the archive makes no copy, no picture and no event."""
    event = store(ct_slice)
    flipped = bytearray(ct_slice)
    flipped[-1] ^= 1
    storage.put("archive", event.object.key, bytes(flipped))

    with pytest.raises(CorruptOriginal):
        handled(event, run)
    assert not [place for place in storage.objects if place[0] == "derived"]


def test_an_edge_that_is_down_is_not_the_instances_fault(
    storage: MemoryStorage, store: Store, run: Run, ct_slice: bytes
) -> None:
    """It must reach the consumer as what it is, so that the queue pauses."""
    event = store(ct_slice)
    storage.down = True
    with pytest.raises(EdgeDown):
        handled(event, run)


@pytest.mark.parametrize("code", ["child-killed", "child-timeout", "child-out-of-memory"])
def test_what_kills_its_child_has_failed(store: Store, ct_slice: bytes, code: str) -> None:
    """The original is what there is to serve, and the study goes on."""

    def dying(_: Task) -> Result:
        raise ChildDied(code)

    event = store(ct_slice)
    said = handled(event, dying)

    assert (said.outcome, said.reason, said.object) == (Outcome.FAILED, code, event.object)


def test_a_sample_is_judged_twice_and_always_the_same_one() -> None:
    """One in sixteen, chosen by the digest; all of them where all are wished."""
    events = [
        told(StoredObject(bucket="archive", key="x", size=1, sha256=f"{number:08x}" + "0" * 56))
        for number in range(160)
    ]
    assert sum(judged_twice(event, Proof.SAMPLE) for event in events) == 10
    assert all(judged_twice(event, Proof.ALL) for event in events)


def test_the_event_names_no_one(store: Store, run: Run) -> None:
    """Identifiers only: nothing of the file's patient is in what is published."""
    content = sample("MR_small.dcm")
    said: Event = handled(store(content), run)
    header = dcmread(BytesIO(content))

    assert str(header.PatientName) not in said.model_dump_json()
    assert str(header.PatientID) not in said.model_dump_json()
