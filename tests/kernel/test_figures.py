"""Figures that stay in variables are told apart by the cells that drew them."""

from __future__ import annotations

from tests.kernel.conftest import Kernels

BEGIN = (
    "%matplotlib inline\nimport hashlib, io\nimport matplotlib.pyplot as plt\nimport numpy as np"
)
DRAW = "fig, ax = plt.subplots()\n(line,) = ax.plot([1, 3, 2], label='a')\nax.set_title('t');"
CHANGE = "line.set_color('red')\nax.legend()\nax.set_xlim(0, 5)\nfig"
GRID = (
    "many, axs = plt.subplots(2, 2, sharex=True, layout='constrained')\n"
    "for a in axs.flat:\n    counts = a.hist(np.arange(10.0))\n"
    "cmap = plt.get_cmap('viridis')\n"
    "image = axs[0, 0].imshow(np.eye(3), cmap=cmap)\nbar = many.colorbar(image)\n"
    "for label in axs[0, 1].get_xticklabels():\n    label.set_rotation(30)"
)
MORE = "axs[1, 1].set_ylim(0, 3)\nimage.set_clim(0, 9)\nnote = axs[0, 0].text(1, 1, 'hi')\nmany"
LOOK = (
    "b = io.BytesIO()\n{0}.savefig(b, format='png', metadata={{'Software': None}})\n"
    "print(hashlib.sha256(b.getvalue()).hexdigest())"
)
IDENTITY = {
    "fig": "(line in ax.lines, line.axes is ax, ax.figure is fig, ax.get_xlim(), len(fig.axes))",
    "many": "(image is axs[0, 0].images[0], bar.ax in many.axes, note in axs[0, 0].texts,"
    " axs[0, 0].get_shared_x_axes().joined(axs[0, 0], axs[1, 1]))",
}


def test_figures_drawn_over_several_cells_hit_and_draw_the_same(kernels: Kernels) -> None:
    cells = (DRAW, CHANGE, GRID, MORE)
    seen: dict[str, list[object]] = {}
    for name in ("plain", "storing", "hitting"):
        kernel = getattr(kernels, name)
        kernel.run(BEGIN)
        mark = "#%%cacheable\n" if name == "plain" else "%%cacheable\n"
        ran = [kernel.run(mark + cell) for cell in cells]
        if name != "plain":
            wanted = ["MISS" if name == "storing" else "HIT"] * 4
            assert [each.word for each in ran] == wanted, [each.why for each in ran]
        seen[name] = [[output["content"]["data"].keys() for output in each.outputs] for each in ran]
        seen[name] += [kernel.run(LOOK.format(figure)).text for figure in IDENTITY]
        seen[name] += [kernel.value(look) for look in IDENTITY.values()]
    assert seen["storing"] == seen["plain"]
    assert seen["hitting"] == seen["plain"]


def test_a_figure_that_an_unmarked_cell_changed_is_not_compared(kernels: Kernels) -> None:
    kernel = kernels.storing
    kernel.run(BEGIN)
    kernel.run("%%cacheable\nf1, a1 = plt.subplots()\na1.plot([5, 6]);")
    assert kernel.run("%%cacheable --verbose\na1.set_xlabel('x');").word == "MISS"
    kernel.run("a1.set_ylabel('unseen')")
    ran = kernel.run("%%cacheable\na1.set_title('late');")
    assert ran.word == "UNCACHED"
    assert "'a1'" in ran.why
    assert "mark that cell" in ran.why


def test_another_figure_under_the_same_name_misses(kernels: Kernels) -> None:
    kernel = kernels.storing
    kernel.run(BEGIN)
    use = "%%cacheable\na2.set_title('same');"
    kernel.run("%%cacheable\nf2, a2 = plt.subplots()\na2.plot([1, 2]);")
    assert kernel.run(use).word == "MISS"
    kernel.run("%%cacheable\nf2, a2 = plt.subplots()\na2.plot([1, 9]);")
    ran = kernel.run(use)
    assert ran.word == "MISS"
    assert ("inputs", "a2") in ran.parts
