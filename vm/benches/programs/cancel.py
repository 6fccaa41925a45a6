import asyncio
import uvloop


async def work(state):
    try:
        await asyncio.sleep(3600)
    finally:
        state["ended"] += 1


async def main():
    state = {"ended": 0}
    for _ in range(300):
        tasks = [asyncio.create_task(work(state)) for _ in range(1000)]
        await asyncio.sleep(0)
        for t in tasks:
            t.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    print(state["ended"])


uvloop.run(main())
