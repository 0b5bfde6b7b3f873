"""Front page, the member's dashboard, editors' pages."""
