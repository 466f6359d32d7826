"""PyTorch on the CPU. Arguments: how many threads, and the widest instructions that it may use (avx2), if there is a limit.

It speaks the protocol of src/peers/serve.ts.
"""
import os
import statistics
import sys
import time

THREADS = int(sys.argv[1])
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(THREADS)
if len(sys.argv) > 2:
    os.environ["ATEN_CPU_CAPABILITY"] = sys.argv[2]
    for name in ("DNNL_MAX_CPU_ISA", "ONEDNN_MAX_CPU_ISA"):
        os.environ[name] = sys.argv[2].upper()

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

from items import CONVOLUTIONS, MATRIX_SIZES, alexnet, convnetjs_cifar10, lenet5, resnet18  # noqa: E402

torch.set_num_threads(THREADS)
torch.manual_seed(0)


def noise(*shape):
    return torch.rand(*shape) - 0.5


def sgemm(n):
    a, b, out = noise(n, n), noise(n, n), torch.empty(n, n)
    return lambda: torch.mm(a, b, out=out)


def forward(batch, channels, size, filters, kernel_size, padding):
    x, weight = noise(batch, channels, size, size), noise(filters, channels, kernel_size, kernel_size)

    def run():
        with torch.no_grad():
            F.conv2d(x, weight, padding=padding)

    return run


def forward_and_backward(batch, channels, size, filters, kernel_size, padding):
    x = noise(batch, channels, size, size).requires_grad_()
    weight = noise(filters, channels, kernel_size, kernel_size).requires_grad_()
    dy = noise(batch, filters, size, size)
    return lambda: torch.autograd.grad(F.conv2d(x, weight, padding=padding), (x, weight), dy)


def training(net, shape, optimizer_of):
    optimizer = optimizer_of(net.parameters())
    images, labels = noise(*shape), torch.arange(shape[0]) % 10

    def run():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return run


def inference(net):
    net.eval()
    image = noise(1, 3, 224, 224)

    def run():
        with torch.inference_mode():
            net(image)

    return run


def momentum(parameters):
    return torch.optim.SGD(parameters, lr=0.01, momentum=0.9)


def adadelta(parameters):
    return torch.optim.Adadelta(parameters, lr=1.0, rho=0.95, eps=1e-6, weight_decay=1e-4)


ITEMS = {
    **{f"sgemm-{n}": lambda n=n: sgemm(n) for n in MATRIX_SIZES},
    **{f"{name}-fwd": lambda shape=shape: forward(*shape) for name, *shape in CONVOLUTIONS},
    **{f"{name}-fwdbwd": lambda shape=shape: forward_and_backward(*shape) for name, *shape in CONVOLUTIONS},
    "lenet5-train-b64": lambda: training(lenet5(), (64, 1, 28, 28), momentum),
    "cifar-train-b4-adadelta": lambda: training(convnetjs_cifar10(), (4, 3, 32, 32), adadelta),
    "cifar-train-b64-sgdm": lambda: training(convnetjs_cifar10(), (64, 3, 32, 32), momentum),
    "resnet18-infer-b1": lambda: inference(resnet18()),
    "alexnet-infer-b1": lambda: inference(alexnet()),
}


def measure(run, milliseconds, warm_up, least_runs=3):
    """The median time of a run, as src/measure.ts takes it."""

    def once():
        start = time.perf_counter()
        run()
        return (time.perf_counter() - start) * 1e3

    warm = once()
    while warm < warm_up:
        warm += once()
    times, spent = [], 0.0
    while len(times) < least_runs or spent < milliseconds:
        times.append(once())
        spent += times[-1]
    return statistics.median(times)


def say(line):
    print(line.replace("\n", " "), flush=True)


say(f"ready PyTorch {torch.__version__}")
item, run = None, None
for line in sys.stdin:
    _, name, milliseconds = line.split()
    is_new = name != item
    if is_new:
        item, run = name, None
        run = ITEMS[name]() if name in ITEMS else None
    if run is None:
        say(f"skip there is no item {name}")
        continue
    try:
        say(f"ms {measure(run, float(milliseconds), 1500 if is_new else 0)}")
    except Exception as error:  # whatever it is, the other side wants to know
        say(f"error {error}")
