"""Policies: perception models and the controllers that drive on what they see."""
