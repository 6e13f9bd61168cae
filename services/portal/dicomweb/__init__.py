"""DICOMweb (PS3.18) as far as our viewers need it."""
