"""What a kilo of fruit costs."""

from .trees import Tree

per_kilo = {"apple": 2.0, "pear": 2.5}


def worth(tree: Tree) -> float:
    return tree.fruit * per_kilo.get(tree.name, 1.0)
