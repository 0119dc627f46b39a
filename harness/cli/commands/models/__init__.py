"""Commands about models and learned policies by themselves, without a pack's runs."""
