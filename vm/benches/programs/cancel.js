const sleep = (ms, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, ms)
  signal.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason) }, { once: true })
})
async function work(state, signal) {
  try { await sleep(3600_000, signal) } finally { state.ended++ }
}
async function main() {
  const state = { ended: 0 }
  for (let i = 0; i < 300; i++) {
    const tasks = [], controllers = []
    for (let j = 0; j < 1000; j++) {
      const controller = new AbortController()
      controllers.push(controller)
      tasks.push(work(state, controller.signal))
    }
    await null
    const all = Promise.allSettled(tasks)
    for (const controller of controllers) controller.abort()
    await all
  }
  console.log(state.ended)
}
main()
