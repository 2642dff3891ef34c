"""The words of a message: templates, greetings, and whether it can be read at one go."""
