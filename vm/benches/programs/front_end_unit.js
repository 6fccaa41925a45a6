// Unit NN: an account and its functions.
class AccountNN {
    constructor(owner, balance = 0, history = []) {
        this.owner = owner
        this.balance = balance
        this.history = history
    }
    deposit(amount, note = null) {
        if (amount <= 0) {
            throw Object.assign(new Error("bad amount"), { kind: "ValueError" })
        }
        this.balance += amount
        this.history.push({ kind: "deposit", amount, note: note ?? "none" })
        return this
    }
    total(rate) {
        let sum = 0
        for (let i = 0; i < this.history.length; i++) {
            const entry = this.history[i]
            if (entry.kind === "deposit" && entry.amount > 10) {
                sum += entry.amount * (1 + rate) - i % 3
            } else {
                sum -= 1
            }
        }
        return sum
    }
}
function measureNN(xs, limit) {
    const names = ["alpha", "beta", "gamma"]
    const limits = { low: 1, high: limit * 2, "two words": [1, 2, 3] }
    let count = 0
    while (count < limit) {
        count += 1
        if (count === 3) { continue }
        xs.push(Math.floor(count ** 2 / 7))
    }
    const doubled = xs.map(x => x * 2).filter(x => x % 3 !== 0)
    const n = doubled.length
    let size
    switch (true) {
        case n === 0: size = "empty"; break
        case n === 1 || n === 2: size = "small"; break
        case n > 100: size = `huge: ${n}`; break
        default: size = "medium"
    }
    try {
        doubled.forEach(x => {
            if (x > limits.high) { throw new Error(`too large: ${String(x).padStart(8)}`) }
        })
    } catch (e) {
        if (e.kind !== "ValueError") throw e
        return null
    } finally {
        count = 0
    }
    return { size, first: names[0], last: names[names.length - 1] }
}
async function workNN(id, jobs) {
    for await (const job of jobs) {
        const result = await job.run(id)
        await sleep(10)
        console.log(`job ${id} done: ${result.value} of ${result.total}`)
    }
}
