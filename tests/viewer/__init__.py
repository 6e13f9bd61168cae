"""The viewer in real browsers, over a small server that speaks the portal's DICOMweb."""
