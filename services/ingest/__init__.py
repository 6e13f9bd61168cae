"""Takes what hospitals drop, keeps every byte, gives a receipt and `instance.stored`."""
