"""Writes the ONNX models that onnxruntime.mjs runs, with random weights, into models/. Needs PyTorch."""
import os
import sys

import torch
from torch import nn

from items import CONVOLUTIONS, MATRIX_SIZES, alexnet, resnet18

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "models")


class Product(nn.Module):
    def forward(self, a, b):
        return torch.matmul(a, b)


def write(item, net, **inputs):
    print(item, file=sys.stderr)
    path = os.path.join(folder, f"{item}.onnx")
    torch.onnx.export(net.eval(), tuple(inputs.values()), path, opset_version=13, input_names=list(inputs), output_names=["y"])


os.makedirs(folder, exist_ok=True)
torch.manual_seed(0)
for n in MATRIX_SIZES:
    write(f"sgemm-{n}", Product(), a=torch.rand(n, n), b=torch.rand(n, n))
for name, batch, channels, size, filters, kernel_size, padding in CONVOLUTIONS:
    net = nn.Conv2d(channels, filters, kernel_size, padding=padding, bias=False)
    write(f"{name}-fwd", net, x=torch.rand(batch, channels, size, size))
image = torch.rand(1, 3, 224, 224)
write("resnet18-infer-b1", resnet18(), x=image)
write("alexnet-infer-b1", alexnet(), x=image)
open(os.path.join(folder, "complete"), "w").close()
