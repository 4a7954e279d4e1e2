"""What tests share: a world in moto, faults, clients of the running stack."""
