"""A customer table for SQLAlchemy, as docs/with-your-stack.md shows it."""

from sqlalchemy import create_engine, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, column_property, mapped_column, undefer
from sqlalchemy.types import UserDefinedType


class EncryptedPhone(UserDefinedType):
    """Written and looked up as plain text; what is loaded is ciphertext."""

    cache_ok = True

    def get_col_spec(self):
        return "encrypted_phone"


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    note: Mapped[str | None]
    phone: Mapped[str | None] = mapped_column(EncryptedPhone, unique=True)
    shown: Mapped[str | None] = column_property(func.phone_show(phone.column), deferred=True)


def engine_for(url, **options):
    return create_engine(url, hide_parameters=True, **options)


def find(session: Session, phone: str) -> Customer | None:
    query = select(Customer).where(Customer.phone == phone).options(undefer(Customer.shown))
    return session.scalar(query)


def sign_up(session: Session, id: int, phone: str) -> int:
    new = insert(Customer).values(id=id, phone=phone)
    return session.scalar(new.on_conflict_do_update(index_elements=["phone"], set_={"note": "again"}).returning(Customer.id))
