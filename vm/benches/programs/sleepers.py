import asyncio
import uvloop


async def nap():
    await asyncio.sleep(2)
    return 1


async def main():
    tasks = [asyncio.create_task(nap()) for _ in range(1_000_000)]
    total = 0
    for t in tasks:
        total += await t
    print(total)


uvloop.run(main())
