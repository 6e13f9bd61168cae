"""Every file there is to hand, carried through ingest and transcode, and judged."""
