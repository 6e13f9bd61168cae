"""deploy.local.demo.head: a volume becomes a series that a viewer puts together right."""

from io import BytesIO

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from deploy.local.demo.head import OtherAxes, series
from deploy.local.demo.nifti import Volume

AFFINE = np.array([[1.0, 0, 0, -90], [0, 2, 0, -125], [0, 0, 3, -71]])
VOLUME = Volume(np.arange(24, dtype=np.uint8).reshape(2, 3, 4), AFFINE)


def slices() -> list[Dataset]:
    return [dcmread(BytesIO(content)) for content in series(VOLUME)]


def test_a_voxel_is_where_it_was() -> None:
    """Position, orientation and spacing lead to the same point of the head as the affine does."""
    for k, ds in enumerate(slices()):
        for row, column in ((0, 0), (2, 1)):
            right, front, up = AFFINE @ [1 - column, 2 - row, k, 1]
            x, y, z = map(float, ds.ImagePositionPatient)
            between_rows, between_columns = map(float, ds.PixelSpacing)
            assert (x + column * between_columns, y + row * between_rows, z) == (-right, -front, up)
            assert ds.pixel_array[row, column] == VOLUME.voxels[1 - column, 2 - row, k]


def test_every_slice_is_of_one_series_of_one_patient() -> None:
    """Instances differ, the series, the study and the person do not."""
    found = slices()
    assert len({ds.SOPInstanceUID for ds in found}) == 4
    assert len({(ds.SeriesInstanceUID, ds.StudyInstanceUID, ds.PatientID) for ds in found}) == 1
    assert str(found[0].PatientName) == "Quintero^María"
    assert all(ds.SOPInstanceUID.startswith("2.25.") for ds in found)


def test_a_second_run_makes_the_same_bytes() -> None:
    """What is dropped again is the same object."""
    assert list(series(VOLUME)) == list(series(VOLUME))


def test_other_axes_are_refused() -> None:
    """Rather no series than one with left and right exchanged."""
    with pytest.raises(OtherAxes):
        list(series(Volume(VOLUME.voxels, AFFINE * [[-1], [1], [1]])))
