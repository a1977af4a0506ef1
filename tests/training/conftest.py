"""These trainings are tiny: one thread is the fastest, and leaves the cores to other tests."""

import torch

torch.set_num_threads(1)
