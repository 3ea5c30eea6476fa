"""The trainer's desk: `routes` answer, `templates` arrange, the words come from wording.lesson."""
