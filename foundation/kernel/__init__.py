"""What every room needs and no room owns: refusals, roles, registries, files, template tags."""
