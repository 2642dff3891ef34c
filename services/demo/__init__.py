"""A realistic day of contacts, played through the public interface alone, and verified there."""
