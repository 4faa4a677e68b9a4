"""A customer table for Django, as docs/with-your-stack.md shows it."""

from django.db import models


class EncryptedPhoneField(models.TextField):
    """Written and looked up as plain text; what is loaded is ciphertext."""

    def db_type(self, connection):
        return "encrypted_phone"

    def get_lookup(self, name):  # no other one could find a number in a ciphertext
        return super().get_lookup(name) if name in ("exact", "in", "isnull") else None


class PhoneShow(models.Func):
    function = "phone_show"
    output_field = models.TextField()


class CustomerManager(models.Manager):
    def get_queryset(self):  # save() writes what was loaded, so the phone stays out
        return super().get_queryset().defer("phone")


class Customer(models.Model):
    phone = EncryptedPhoneField(unique=True, null=True)
    note = models.TextField(null=True)

    objects = CustomerManager()

    class Meta:
        app_label = "shop"
        db_table = "customer"


def find(phone: str) -> Customer:
    return Customer.objects.annotate(shown=PhoneShow("phone")).get(phone=phone)


def sign_up(phone: str) -> Customer:
    customer, is_new = Customer.objects.get_or_create(phone=phone)
    if not is_new:
        customer.note = "again"
        customer.save()
    return customer
