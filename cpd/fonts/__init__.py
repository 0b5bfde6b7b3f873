"""The fonts of the certificate: Noto Serif, SIL Open Font License (OFL.txt)."""
