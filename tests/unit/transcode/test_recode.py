"""recode: the rules of what is re-encoded, and the proof that no pixel changes."""

from io import BytesIO
from itertools import product

import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import generate_frames

from services.transcode import recode as module
from services.transcode.part10 import take_apart
from services.transcode.recode import encode, recode, same
from services.transcode.unfit import Unfit
from shared.dicom.refusal import Unreadable
from tests.unit.transcode.samples import slice_dataset, written


@pytest.mark.parametrize(("bits", "signed", "frames"), list(product((8, 16), (0, 1), (1, 3))))
def test_every_integer_comes_back(bits: int, signed: int, frames: int) -> None:
    """The extremes and everything between, signed and unsigned, in odd shapes."""
    rows, columns = 37, 53
    dtype = np.dtype(f"<{'ui'[signed]}{bits // 8}")
    span = np.iinfo(dtype)
    values = np.random.default_rng(bits + signed).integers(
        span.min, span.max, (frames, rows, columns), dtype, endpoint=True
    )
    values[..., 0, :2] = span.min, span.max
    dataset = slice_dataset()
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = rows, columns, frames
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit, dataset.PixelRepresentation = bits - 1, signed
    dataset.PixelData = values.tobytes() + b"\0" * (values.nbytes % 2)
    dataset["PixelData"].VR = "OW"

    out = BytesIO()
    recode(take_apart(BytesIO(written(dataset))), out, second_judge=True)

    streams = generate_frames(dcmread(out).PixelData, number_of_frames=frames)
    judged = [imagecodecs.jpeg2k_decode(stream) for stream in streams]
    assert np.array_equal(judged, values)


def test_the_copy_is_the_same_each_time(ct_slice: bytes) -> None:
    """A redelivery writes the same bytes to the same place."""
    copies = []
    for _ in range(2):
        out = BytesIO()
        recode(take_apart(BytesIO(ct_slice)), out, second_judge=False)
        copies.append(out.getvalue())
    assert copies[0] == copies[1]


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (64, 64), (1, 2000), (512, 512), (2500, 2049)])
def test_a_codestream_keeps_the_rules_of_its_syntax(shape: tuple[int, int]) -> None:
    """PS3.5 §10.18: RPCL, tile lengths, a base resolution of at most 64 in one direction."""
    stream = encode(np.zeros(shape, np.uint16))

    header = stream[: stream.index(b"\xff\x90")]  # up to the first tile part
    cod = header.index(b"\xff\x52")
    progression, levels = header[cod + 5], header[cod + 9]
    rpcl = 2
    assert progression == rpcl
    assert b"\xff\x55" in header, "TLM"
    assert min(shape) >> levels <= 64


def test_either_judge_sees_a_changed_pixel() -> None:
    """A proof that cannot fail is none."""
    frame = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    changed = frame.copy()
    changed[5, 7] ^= 1
    stream = encode(changed)

    assert not same(stream, frame, second_judge=False)
    assert same(stream, changed, second_judge=True)


def test_the_second_judge_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the encoder's own library is content and OpenJPEG is not, there is no copy."""
    frame = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    monkeypatch.setattr(imagecodecs, "jpeg2k_decode", lambda _: frame + 1)

    assert same(encode(frame), frame, second_judge=False)
    assert not same(encode(frame), frame, second_judge=True)


def test_a_copy_that_would_differ_is_not_made(
    monkeypatch: pytest.MonkeyPatch, ct_slice: bytes
) -> None:
    """An encoder that changes a pixel makes the instance fail, never a wrong copy."""
    monkeypatch.setattr(module, "encode", lambda frame, rct: encode(frame ^ 1, rct=rct))

    with pytest.raises(Unreadable, match="pixels-changed"):
        recode(take_apart(BytesIO(ct_slice)), BytesIO(), second_judge=False)


def test_running_out_of_memory_is_our_fault(
    monkeypatch: pytest.MonkeyPatch, ct_slice: bytes
) -> None:
    """It passes up, where a child's death is counted, and is no verdict on the file."""

    def full(_: object, *, rct: bool) -> bytes:
        del rct
        raise MemoryError

    monkeypatch.setattr(module, "encode", full)
    with pytest.raises(MemoryError):
        recode(take_apart(BytesIO(ct_slice)), BytesIO(), second_judge=False)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"HighBit": 15}, "high-bit"),
        ({"BitsStored": 11, "HighBit": 10}, "unused-bits"),
        ({"Rows": 63}, "excess-pixels"),
        ({"Rows": 65}, "cannot-decode"),
        ({"NumberOfFrames": 2}, "cannot-decode"),
        ({"Rows": 0}, "header-incomplete"),
        ({"PixelRepresentation": 7}, "header-incomplete"),
        ({"BitsStored": 17, "HighBit": 16}, "header-incomplete"),
        ({"Columns": None}, "header-incomplete"),
    ],
)
def test_a_header_that_does_not_fit_its_pixels_is_told(change: dict[str, int], code: str) -> None:
    """No copy is made on a guess."""
    dataset = slice_dataset()
    for keyword, value in change.items():
        setattr(dataset, keyword, value)

    with pytest.raises((Unfit, Unreadable), match=f"^{code}$"):
        recode(take_apart(BytesIO(written(dataset))), BytesIO(), second_judge=False)
