"""The credit ledger, certificates, the public check page."""
