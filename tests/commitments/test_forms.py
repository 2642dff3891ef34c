"""The forms of pages for staff that are sent by GET: what each sends untouched is understood."""

from __future__ import annotations

import pytest

from tests.commitments.conftest import Commitments
from tests.support.forms import forms_by_get


@pytest.mark.parametrize("page", ["/commitments/board", "/commitments/scorecard/page"])
@pytest.mark.parametrize("query", ["", "?lang=en", "?kind=promise"])
async def test_a_form_by_get_is_understood_as_it_stands(kept: Commitments, page: str, query: str) -> None:
    await kept.promise(owner="an")
    staff = kept.token("commitments:read") | {"accept": "text/html"}
    shown = await kept.http.get(page + query, headers=staff)
    forms = forms_by_get(shown.text)
    assert forms != []
    for form in forms:
        sent = await kept.http.get(form.address(page), headers=staff)
        assert sent.status_code == 200, (form, sent.text)
        assert forms_by_get(sent.text) == forms
