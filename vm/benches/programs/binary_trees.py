class Node:
    __slots__ = ("left", "right")

    def __init__(self, left=None, right=None):
        self.left = left
        self.right = right


def make(depth):
    return Node() if depth == 0 else Node(make(depth - 1), make(depth - 1))


def count(node):
    return 1 if node.left is None else 1 + count(node.left) + count(node.right)


def main():
    total = 0
    long = make(16)
    for depth in (4, 8, 12):
        for _ in range(1 << 18 - depth):
            total += count(make(depth))
    print(total + count(long))


main()
