"""One cause that hits many promises: each customer is told once, each owner reads one digest."""
