"""Training over several cells: after hits it goes on bit for bit as after runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.kernel.conftest import Kernels
from tests.kernel.kernels import Kernel
from tests.optional import HAS_TORCH

pytestmark = pytest.mark.skipif(not HAS_TORCH, reason="torch is not installed")

BEGIN = """
import warnings
import torch
from torch.optim import lr_scheduler
torch.set_num_threads(1)

def train(model, optimizer, scheduler, epochs, first="optimizer"):
    told = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(epochs):
            optimizer.zero_grad()
            loss = (model(torch.ones(2, 3)) ** 2).mean() + 0.1
            loss.backward()
            losses = [loss.item()] if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau) else []
            steps = [optimizer.step, lambda: scheduler.step(*losses)]
            for step in steps if first == "optimizer" else steps[::-1]:
                step()
            told.append((loss.item().hex(), [float(lr).hex() for lr in scheduler.get_last_lr()]))
    return told, [str(each.message) for each in caught]

def facts(model, optimizer, scheduler):
    return (
        [[x.hex() for x in p.detach().flatten().tolist()] for p in model.parameters()],
        [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups],
        [group["params"][0] is p for group, p in zip(optimizer.param_groups, model.parameters())],
        [p in optimizer.state for p in model.parameters()],
        list(vars(optimizer)), list(vars(scheduler)), scheduler.optimizer is optimizer,
        vars(optimizer).get("_opt_called"), hasattr(optimizer.step, "_wrapped_by_lr_sched"),
        optimizer.step.__name__, optimizer.step.__wrapped__ is type(optimizer).step,
    )
"""
MODEL = "torch.manual_seed(0)\nmodel = torch.nn.Linear(3, 2)\n"
SGD = "optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)\n"
ADAM = "optimizer = torch.optim.Adam(model.parameters(), lr=0.1)\n"
ALL = "(model, optimizer, scheduler)"
SCHEDULERS = {
    "StepLR": ADAM + "scheduler = lr_scheduler.StepLR(optimizer, 2, 0.5)",
    "CosineAnnealingLR": ADAM + "scheduler = lr_scheduler.CosineAnnealingLR(optimizer, 5)",
    "ReduceLROnPlateau": ADAM
    + "scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, threshold=1.0)",
    "LambdaLR": ADAM
    + "rate = 0.5\nscheduler = lr_scheduler.LambdaLR(optimizer, lambda e: rate ** e)",
    "SequentialLR": ADAM
    + "parts = [lr_scheduler.ConstantLR(optimizer, 0.1, 2), lr_scheduler.ExponentialLR(optimizer, 0.9)]\n"
    "scheduler = lr_scheduler.SequentialLR(optimizer, parts, [2])",
    "ChainedScheduler": ADAM
    + "parts = [lr_scheduler.ConstantLR(optimizer, 0.1, 2), lr_scheduler.ExponentialLR(optimizer, 0.9)]\n"
    "scheduler = lr_scheduler.ChainedScheduler(parts)",
    "OneCycleLR": SGD + "scheduler = lr_scheduler.OneCycleLR(optimizer, 0.2, total_steps=40)",
    "CyclicLR": SGD + "scheduler = lr_scheduler.CyclicLR(optimizer, 0.01, 0.2)",
    "own": "class Own(torch.optim.SGD):\n"
    "    def step(self, closure=None):\n"
    "        super().step(closure)\n"
    "        self.told = getattr(self, 'told', 0) + 1\n"
    "class Half(lr_scheduler.LRScheduler):\n"
    "    def get_lr(self):\n"
    "        return [lr * 0.5 ** self.last_epoch for lr in self.base_lrs]\n"
    "optimizer = Own(model.parameters(), lr=0.1)\nscheduler = Half(optimizer)",
}


def followed(kernels: Kernels, cells: list[str], first: str = BEGIN) -> None:
    """Run cells in three kernels; the marked ones are stored and hit, and all show the same."""
    shown: dict[str, list[str]] = {}
    for name in ("plain", "storing", "hitting"):
        kernel: Kernel = getattr(kernels, name)
        kernel.run(first)
        marked = cells
        if name == "plain":
            marked = [cell.replace("%%cacheable", "#%%cacheable") for cell in cells]
        ran = [kernel.run(cell) for cell in marked]
        assert [each.reply["status"] for each in ran] == ["ok"] * len(cells), ran
        if name != "plain":
            wanted = "MISS" if name == "storing" else "HIT"
            found = [(r.word, r.why) for r, cell in zip(ran, cells, strict=True) if cell[0] == "%"]
            assert [word for word, _ in found] == [wanted] * len(found), found
        shown[name] = [each.text for each in ran]
    assert shown["storing"] == shown["plain"]
    assert shown["hitting"] == shown["plain"]


@pytest.mark.parametrize("order", ["optimizer", "scheduler"])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_training_goes_on(kernels: Kernels, name: str, order: str) -> None:
    look = f"print(told, facts{ALL})"
    trained = f"%%cacheable\ntold = train{ALL[:-1]}, 3, '{order}')"
    more = f"told = train{ALL[:-1]}, 2)\n{look}"
    begin = f"%%cacheable\norder = {order!r}\n{MODEL}{SCHEDULERS[name]}"
    followed(kernels, [begin, f"print(facts{ALL})", trained, look, more, trained, look])


@pytest.mark.parametrize("name", [name for name in SCHEDULERS if name != "own"])
def test_a_scheduler_for_the_optimizer_of_another_cell(kernels: Kernels, name: str) -> None:
    optimizer, scheduler = SCHEDULERS[name].split("\n", 1)
    step = f"print(train{ALL[:-1]}, 3, 'scheduler'), facts{ALL}, alias is optimizer)"
    begin = f"{MODEL}{optimizer}\nalias = optimizer"
    followed(kernels, [begin, f"%%cacheable\n{scheduler}", step])


def test_a_second_scheduler_and_a_step_put_back(kernels: Kernels) -> None:
    begin = f"{MODEL}{SCHEDULERS['StepLR']}\nstep = optimizer.step\nprint(train{ALL[:-1]}, 1))"
    cells = [
        begin,
        "%%cacheable\nsecond = lr_scheduler.ConstantLR(optimizer, 0.5)",
        f"print(optimizer.step is step, facts{ALL}, train(model, optimizer, second, 2))",
        "%%cacheable\ndel optimizer.step",
        "print('step' in vars(optimizer), train(model, optimizer, second, 2))",
    ]
    followed(kernels, cells)


def test_whether_a_scheduler_follows_an_optimizer_is_part_of_it(
    start: Callable[..., Kernel],
) -> None:
    kernel = start()
    kernel.run(BEGIN + MODEL + ADAM + "lr_scheduler.StepLR(optimizer, 2);")
    cell = "%%cacheable\nfollowed = hasattr(optimizer.step, '_wrapped_by_lr_sched')"
    assert kernel.run(cell).word == "MISS"
    kernel.run("del optimizer.step")
    assert kernel.run(cell).word == "MISS"
    assert kernel.value("followed") == "False"


def test_a_step_that_was_replaced_otherwise_is_refused(kernels: Kernels) -> None:
    for change in (
        "optimizer.step.calls = 0",
        "other.step = optimizer.step\noptimizer = other",
        "step = optimizer.step\noptimizer.step = lambda: step()",
    ):
        begin = f"{MODEL}{ADAM}other = torch.optim.Adam(model.parameters())\n"
        scheduler = f"scheduler = lr_scheduler.StepLR(optimizer, 2)\n{change}"
        kernels.storing.run(BEGIN)
        ran = kernels.storing.run(f"%%cacheable\n{begin}{scheduler}")
        assert ran.word == "UNCACHED", ran.why
        assert "'optimizer'" in ran.why or "'step'" in ran.why, ran.why


def test_an_own_optimizer_of_another_cell_with_a_scheduler_is_refused(kernels: Kernels) -> None:
    own, _, made = SCHEDULERS["own"].partition("optimizer = ")
    kernels.storing.run(BEGIN)
    kernels.storing.run(own)
    ran = kernels.storing.run(f"%%cacheable\n{MODEL}optimizer = {made}")
    assert ran.word == "UNCACHED"
    assert "define its class Own in the same cell" in ran.why
    ran = kernels.storing.run(f"%%cacheable\ntold = train{ALL[:-1]}, 3)")
    assert ran.word == "MISS", ran.why


@pytest.mark.parametrize("name", ["Adam", "Own"])
def test_hooks_are_called_after_a_hit(start: Callable[..., Kernel], name: str) -> None:
    """No optimizer of the class was made in the session that hits."""
    own = "class Own(torch.optim.SGD):\n    def step(self):\n        super().step()\n"
    kind = "Own" if name == "Own" else "torch.optim.Adam"
    made = f"%%cacheable\n{own}{MODEL}optimizer = {kind}(model.parameters(), lr=0.1)"
    hooks = (
        "from torch.optim.optimizer import register_optimizer_step_post_hook\ncalls = []\n"
        "register_optimizer_step_post_hook(lambda *_: calls.append('every'))\n"
        "optimizer.register_step_pre_hook(lambda *_: calls.append('own'))\n"
        "optimizer.step()\nprint(calls)"
    )
    shown = {}
    for way in ("plain", "MISS", "HIT"):
        kernel = start(load=way != "plain")
        kernel.run(BEGIN)
        ran = kernel.run(made if way != "plain" else f"#{made}")
        assert way == "plain" or ran.word == way
        shown[way] = kernel.run(hooks).text
    assert "own" in shown["plain"]
    assert shown["MISS"] == shown["HIT"] == shown["plain"]


TENSOR = "t = torch.arange(12.0).reshape(3, 4)"
ARRAY = "print(a.tolist(), a.strides, a.flags.owndata, a.flags.writeable, type(a.base).__name__)"
BOTH = f"a[...] = 7\nt[0, 0] = 5\nt[2] += 1\nprint(t)\n{ARRAY}"
ONE_MEMORY = {
    "made together": [f"%%cacheable\n{TENSOR}\na = t.numpy()", BOTH],
    "tensor of another cell": [TENSOR, "%%cacheable\na = t.numpy()", BOTH],
    "tensor that was restored": [f"%%cacheable\n{TENSOR}", "%%cacheable\na = t.numpy()", BOTH],
    "both changed in place": [
        TENSOR,
        "%%cacheable\na = t.numpy()\na[-1] = 1",
        "alias = a",
        "%%cacheable\nt.mul_(2)\na += 1\ntotal = a.sum()",
        f"print(total, alias is a)\n{BOTH}",
    ],
    "parts": [
        TENSOR,
        "%%cacheable\nr = t.numpy()\na = r[1:]",
        f"print(a.base is r)\n{BOTH}",
        "%%cacheable\nparts = [r[::2], a[:, 1]]",
        f"parts[0][:] = 3\nparts[1][:] = 4\n{BOTH}\nprint(r)",
    ],
    "part of an array whose tensor is gone": [
        "r = torch.arange(12.0).reshape(3, 4).numpy()",
        "%%cacheable\na = r[1:]",
        f"a[0] = 9\nprint(r)\n{ARRAY}",
    ],
    "with gaps": [TENSOR, "%%cacheable\na = t[:, ::2].numpy()", BOTH],
    "transposed": [TENSOR, "%%cacheable\nr = t.T.numpy()\na = r[1:]", BOTH],
    "as another type": [
        TENSOR,
        "%%cacheable\nb = t.numpy().view('i4')\na = b[0]",
        "t.fill_(2)\nprint(b)",
    ],
    "two arrays of one tensor": [
        "%%cacheable\ndef make():\n    t = torch.zeros(3)\n    return t.numpy(), t.numpy()\n"
        "a, b = make()",
        f"a.fill(2)\nprint(b)\n{ARRAY}",
    ],
    "parameters": [
        "torch.manual_seed(0)\nm = torch.nn.Linear(2, 2)",
        "%%cacheable\nwith torch.no_grad():\n    m.weight.fill_(1)\na = m.weight.detach().numpy()",
        f"a.fill(3)\nprint(m.weight)\n{ARRAY}",
    ],
    "big": [
        "%%cacheable\nt = torch.ones(1_000_000)\na = t.numpy()\nb = a[5:]",
        "a.fill(3)\nprint(t.sum(), b.sum(), b.base is a, a.flags.owndata)",
    ],
}


@pytest.mark.parametrize("name", ONE_MEMORY)
def test_arrays_and_tensors_over_one_memory(kernels: Kernels, name: str) -> None:
    cells = [f"case = {name!r}", *ONE_MEMORY[name]]
    followed(
        kernels,
        [cell.replace("%%cacheable\n", f"%%cacheable\ncase = {name!r}\n") for cell in cells],
    )


APART = {
    "storages that overlap": (
        "def make():\n    a = np.zeros(4)\n    return torch.from_numpy(a), torch.from_numpy(a[2:])\n"
        "v, w = make()"
    ),
    "storages with one beginning": (
        "def make():\n    a = np.zeros(4)\n    return torch.from_numpy(a[:2]), torch.from_numpy(a)\n"
        "v, w = make()"
    ),
    "array of numpy": "v = np.zeros(4)\nw = torch.from_numpy(v)",
    "part of an array with gaps": "w = torch.zeros(3, 4)\nv = w[:, ::2].numpy()[1:]",
    "read-only array": "w = torch.zeros(3)\nv = w.numpy()\nv.flags.writeable = False",
    "matrix": "w = torch.zeros(3, 3)\nv = w.numpy().view(np.matrix)",
    "masked array": "w = torch.zeros(3)\nv = np.ma.array(w.numpy(), copy=False, mask=False)",
}


@pytest.mark.parametrize("name", APART)
def test_memory_that_cannot_be_shared_again_is_refused(kernels: Kernels, name: str) -> None:
    kernels.storing.run(BEGIN + "import numpy as np")
    ran = kernels.storing.run(f"%%cacheable\n{APART[name]}")
    assert ran.word == "UNCACHED"
    assert "'v'" in ran.why or "'w'" in ran.why, ran.why


def test_inputs_over_one_memory_are_not_equal_inputs_apart(kernels: Kernels) -> None:
    """The array belongs to numpy, which nothing tells of the tensor over it."""
    cell = "%%cacheable\na += 1\ntotal = t.sum().item()"
    begin = BEGIN + "import numpy as np\na = np.zeros(3)\nt = "
    kernels.storing.run(begin + "torch.from_numpy(a.copy())")
    assert kernels.storing.run(cell).word == "MISS"
    kernels.hitting.run(begin + "torch.from_numpy(a)")
    ran = kernels.hitting.run(cell)
    assert ran.word == "UNCACHED"
    assert "its input 'a' shares" in ran.why
    assert kernels.hitting.value("total") == "3.0"


def test_what_an_optimizer_of_an_own_class_holds_is_part_of_it(kernels: Kernels) -> None:
    own, _, made = SCHEDULERS["own"].partition("optimizer = ")
    cells = [
        f"{own}{MODEL}optimizer = {made}\noptimizer.told = 1",
        "%%cacheable\nseen = optimizer.told",
        "print(seen)\noptimizer.told = 5",
        "%%cacheable\nnow = 0\nseen = optimizer.told",
        "print(seen)",
        "%%cacheable\noptimizer.told = 7",
        "print(optimizer.told)\noptimizer.told = 2",
        "%%cacheable\nnow = 0\nseen = optimizer.told",
        "print(seen)",
    ]
    followed(kernels, cells)


def test_slots_of_an_optimizer_are_refused(kernels: Kernels) -> None:
    kernels.storing.run(BEGIN)
    own = "class Slots(torch.optim.SGD):\n    __slots__ = ('told',)\n"
    made = "optimizer = Slots(model.parameters(), lr=0.1)\noptimizer.told = 1"
    kernels.storing.run(own + MODEL + made)
    ran = kernels.storing.run("%%cacheable\nseen = optimizer.told")
    assert ran.word == "UNCACHED"
    assert "its input 'optimizer'" in ran.why
