"""How promises are made and changed over HTTP, and who approves them."""
