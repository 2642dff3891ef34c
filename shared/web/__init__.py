"""The frame of every page: one layout, one style sheet, one set of words in two languages."""

from shared.web.pages import Pages, answer_problem, chosen_language, language_query, problem_page, wants_page

__all__ = ["Pages", "answer_problem", "chosen_language", "language_query", "problem_page", "wants_page"]
