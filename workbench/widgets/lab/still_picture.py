"""The picture that a lab leaves in the output of its cell, for pages where no widget lives."""

from IPython.display import DisplayHandle, Image, display

from workbench.widgets.lab.first_click import hear_first_clicks


class StillPicture:
    """Beside a lab: an ipywidgets box with ``shown()`` and ``picture()``, the bytes of a PNG.

    The cell shows the picture and the widget; a page without a kernel keeps the picture, and the
    live canvas (``hides_picture=True``) hides it.
    """

    _shown: DisplayHandle | None = None

    def _ipython_display_(self) -> None:
        hear_first_clicks()
        self._shown = display(self._image(), display_id=True)
        display(self._repr_mimebundle_(), raw=True)

    def _store_picture(self, *_) -> None:
        """Put the picture of what is shown now into the output; a worker may pass its stop."""
        if self._shown is not None:
            self._shown.update(self._image())

    def _image(self) -> Image:
        """The picture, and the line below it as words for those who cannot see it."""
        return Image(self.picture(), alt=f"{type(self).__name__}: {self.shown()['status']}")
