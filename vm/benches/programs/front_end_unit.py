# Unit NN: an account and its functions.
class AccountNN:
    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance
        self.history = []

    def deposit(self, amount, note=None):
        if amount <= 0:
            raise ValueError("bad amount")
        self.balance += amount
        self.history.append({"kind": "deposit", "amount": amount, "note": note or "none"})
        return self

    def total(self, rate):
        total = 0
        for i in range(len(self.history)):
            entry = self.history[i]
            if entry["kind"] == "deposit" and entry["amount"] > 10:
                total += entry["amount"] * (1 + rate) - i % 3
            else:
                total -= 1
        return total


def measureNN(xs, limit):
    names = ["alpha", "beta", "gamma"]
    limits = {"low": 1, "high": limit * 2, "two words": [1, 2, 3]}
    count = 0
    while count < limit:
        count += 1
        if count == 3:
            continue
        xs.append(count ** 2 // 7)
    doubled = [x for x in map(lambda x: x * 2, xs) if x % 3 != 0]
    match len(doubled):
        case 0:
            size = "empty"
        case 1 | 2:
            size = "small"
        case n if n > 100:
            size = f"huge: {n}"
        case _:
            size = "medium"
    try:
        for x in doubled:
            if x > limits["high"]:
                raise ValueError(f"too large: {x:>8}")
    except ValueError:
        return None
    finally:
        count = 0
    return {"size": size, "first": names[0], "last": names[-1]}


async def workNN(id, jobs):
    async for job in jobs:
        result = await job.run(id)
        await sleep(0.01)
        print(f"job {id} done: {result['value']} of {result['total']}")
