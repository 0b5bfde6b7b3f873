"""What the product does, through its addresses and actions."""
