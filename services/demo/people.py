"""The people of the played day: customers who write and call, and their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Contact:
    name: str
    by: Literal["sms", "email", "missed_call", "call"]
    subject: str
    text: str
    promise: str = ""
    """What an agent promises; nothing where nobody has got to it yet."""
    task: str = ""
    """What they are asked to do for it, and have not done by the end of the day."""


CONTACTS: tuple[Contact, ...] = (
    Contact(
        "Trần Văn Hùng",
        "email",
        "Đơn hàng DH-1042",
        "Tôi đặt hàng hôm thứ Hai mà vẫn chưa nhận được.",
        "Đơn DH-1042 tới tay anh trong hôm nay.",
    ),
    Contact("Lê Thị Hồng Nhung", "sms", "", "Cho em hỏi khi nào shop giao hàng ạ?"),
    Contact("Phạm Quốc Bảo", "missed_call", "", ""),
    Contact(
        "Công Tằng Tôn Nữ Thị Ngọc Bích Phương",
        "email",
        "Khiếu nại",
        "Máy giặt kêu rất to từ hôm lắp đặt.",
        "Kỹ thuật viên tới kiểm tra máy giặt tại nhà.",
    ),
    Contact(
        "James O'Connor",
        "email",
        "Invoice 2291",
        "The invoice shows the installation twice. Please correct it.",
        "You get a corrected invoice.",
    ),
    Contact("Đặng Minh Tuấn", "sms", "", "Thợ hẹn 9h mà 11h chưa tới."),
    Contact(
        "Amelia Wright",
        "email",
        "Moving house",
        "We move on the 30th. Can the connection move with us?",
        "Your connection works in the new flat on the day you move.",
    ),
    Contact("Võ Hoàng Yến", "missed_call", "", ""),
    Contact(
        "Bùi Đức Anh",
        "email",
        "Đổi trả",
        "Áo bị rách đường may, tôi muốn đổi size L.",
        "Áo size L được gửi đi, chúng tôi lấy áo cũ tận nhà.",
    ),
    Contact("Hoàng Thị Lan", "sms", "", "Cảm ơn anh thợ hôm qua làm rất kỹ."),
    Contact(
        "Noah Schmidt",
        "email",
        "Warranty",
        "Is the pump still under warranty? Bought in March 2024.",
        "We tell you whether the warranty covers the pump.",
    ),
    Contact("Ngô Gia Bảo", "call", "", ""),
    Contact("Đỗ Thùy Linh", "email", "Hóa đơn VAT", "Nhờ công ty xuất hóa đơn VAT cho đơn DH-0988."),
    Contact("Lý Chí Kiên", "sms", "", "Mạng nhà tôi chập chờn cả tuần nay."),
    Contact(
        "Mai Phương Thảo",
        "email",
        "Hỏi giá",
        "Cho tôi xin báo giá lắp 3 máy lạnh 1.5HP.",
        "Anh/chị nhận báo giá ba máy lạnh kèm công lắp.",
        "Anh/chị gửi ảnh ba chỗ định treo máy.",
    ),
    Contact("Sofia Rossi", "email", "Delivery window", "I can only be home after six. Is that possible?"),
    Contact("Huỳnh Tấn Phát", "missed_call", "", ""),
    Contact("Trương Mỹ Duyên", "sms", "", "Em đã chuyển khoản, shop kiểm tra giúp em nhé."),
    Contact(
        "Phan Anh Khoa",
        "email",
        "Lỗi ứng dụng",
        "Ứng dụng báo lỗi 502 khi tôi thanh toán.",
        "Lỗi thanh toán được sửa, chúng tôi báo lại cho anh.",
    ),
    Contact("Olivia Brown", "email", "Refund", "The refund promised last Friday has not arrived."),
)
