"""Users, practitioners and their verification, facilities, roles."""
