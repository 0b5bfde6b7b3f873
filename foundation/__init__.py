"""The rooms that every pillar stands on."""
