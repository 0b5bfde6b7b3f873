"""The fonts of the certificate: Noto Serif, and four signs of Be Vietnam Pro; SIL Open Font License (OFL-*.txt)."""
