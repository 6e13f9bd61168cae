"""Take everything, proved from drop to another Scanpass: what leaves is what came."""
