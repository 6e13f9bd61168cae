"""What patients give to others and take back: shares and consents, their ledger, their pages."""
