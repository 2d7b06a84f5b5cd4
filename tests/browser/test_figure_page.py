"""A figure as a page of its own: what its tool bar offers, and what it covers."""

from workbench.figures import training_curves


def test_no_button_sends_a_figure_to_anybody_and_none_covers_the_legend(chromium, tmp_path):
    path = tmp_path / "curves.html"
    training_curves([[3.0, 2.0, 1.0]] * 2, [[3.0, 1.0, 0.5]] * 2).write_html(path)
    page = chromium.new_page(viewport={"width": 900, "height": 500})
    page.goto(path.as_uri())
    page.locator(".main-svg").first.wait_for()
    page.mouse.move(450, 200)  # the tool bar comes with the pointer
    titles = page.locator(".modebar-btn").evaluate_all(
        "all => all.map(one => one.getAttribute('data-title') ?? '')"
    )
    assert "Zoom" in titles
    assert not [title for title in titles if "hare" in title or "loud" in title]
    legend, bar = (page.locator(name).first.bounding_box() for name in (".legend", ".modebar"))
    assert legend["x"] + legend["width"] <= bar["x"]
    page.close()
