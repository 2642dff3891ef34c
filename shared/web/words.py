"""What pages say, in Vietnamese. English is the key; what is missing here is shown in English."""

from __future__ import annotations

from collections.abc import Callable

VIETNAMESE: dict[str, str] = {
    "This link does not work": "Liên kết này không dùng được",
    "This link was good once and has expired. Write to us and we send a new one.": (
        "Liên kết này đã hết hạn. Hãy nhắn cho chúng tôi để nhận liên kết mới."
    ),
    "This link is not one of ours, or a part of it is missing.": (
        "Liên kết này không phải của chúng tôi hoặc bị thiếu một phần."
    ),
    "Something did not work": "Đã có lỗi xảy ra",
    "Skip to the content": "Tới phần nội dung",
    "Kept: what is promised, and what became of it.": "Kept: điều đã hứa, và kết quả của lời hứa.",
    "Pages": "Các trang",
    "Language": "Ngôn ngữ",
    "More": "Xem thêm",
    "Newer": "Mới hơn",
    "Older": "Cũ hơn",
    "Timeline": "Dòng thời gian",
    "From the customer": "Từ khách hàng",
    "From us": "Từ chúng tôi",
    "optional": "không bắt buộc",
    # A promise
    "By": "Chậm nhất",
    "Before": "Trước đó",
    "Cost": "Chi phí",
    "Includes": "Bao gồm",
    "Does not include": "Không bao gồm",
    "Why it changed": "Lý do thay đổi",
    "Responsible": "Người phụ trách",
    "We speak to you again by": "Chúng tôi liên lạc lại với bạn chậm nhất",
    # Statuses
    "Draft": "Bản nháp",
    "Stated": "Đã thông báo",
    "Changed, to be agreed": "Có thay đổi, chờ đồng ý",
    "Agreed": "Đã đồng ý",
    "Declined": "Đã từ chối",
    "In progress": "Đang thực hiện",
    "Due": "Đến hạn",
    "At risk": "Có nguy cơ trễ",
    "Escalated": "Đã báo cấp trên",
    "Overdue": "Quá hạn",
    "Waiting": "Đang chờ",
    "Resumed": "Đã tiếp tục",
    "Kept": "Đã giữ lời",
    "Done": "Đã xong",
    "Kept after an agreed change": "Đã giữ lời sau thay đổi được đồng ý",
    "Broken": "Không giữ được lời",
    "Broken, with warning": "Không giữ được lời, có báo trước",
    "Broken without a word": "Không giữ được lời, không báo trước",
    "Withdrawn": "Đã rút lại",
    "Withdrawn by the customer": "Khách hàng đã rút lại",
    "Void": "Không còn hiệu lực",
    "Open": "Đang mở",
    "Opened": "Đã mở",
    "Resolved": "Đã giải quyết",
    "Reopened": "Mở lại",
    "Queued": "Chờ gửi",
    "Sent": "Đã gửi",
    "Delivered": "Đã đến nơi",
    "Read": "Đã đọc",
    "Failed": "Không thành công",
    "Not sent": "Không gửi",
    "What we promised you": "Điều chúng tôi đã hứa với bạn",
    "Thank you. This is now agreed between us.": "Cảm ơn bạn. Chúng ta đã thống nhất.",
    "Thank you for telling us. A person will speak with you.": "Cảm ơn bạn đã cho biết. Nhân viên sẽ trao đổi với bạn.",
    "This has changed since you opened the page. Below is what is true now.": "Nội dung đã thay đổi từ khi bạn mở trang. Dưới đây là điều đúng hiện nay.",
    "Until you agree, the earlier promise stands.": "Khi bạn chưa đồng ý, lời hứa trước vẫn có hiệu lực.",
    "Done at": "Hoàn thành lúc",
    "Every version, the newest first": "Mọi phiên bản, mới nhất trước",
    "Does this suit you?": "Như vậy có phù hợp với bạn không?",
    "Yes, I agree": "Vâng, tôi đồng ý",
    "No, this does not suit me": "Không, chưa phù hợp với tôi",
    "What would suit you?": "Thế nào thì phù hợp với bạn?",
    "Send": "Gửi",
    "Promise board": "Bảng lời hứa",
    "Customers": "Khách hàng",
    "Promises": "Lời hứa",
    "Owner": "Người phụ trách",
    "Show": "Xem",
    "No promise is open": "Không có lời hứa nào đang mở",
    "A promise appears here when a customer writes to us, or when you state one.": "Lời hứa xuất hiện ở đây khi khách hàng liên hệ hoặc khi bạn đưa ra lời hứa.",
    "Broken in the last day": "Không giữ trong 24 giờ qua",
    "Due within a day": "Đến hạn trong 24 giờ",
    "Later": "Sau đó",
    "Kept in the last day": "Đã giữ trong 24 giờ qua",
    "Customer without a name": "Khách hàng chưa có tên",
    "Waits for the customer's answer": "Chờ khách hàng trả lời",
    # A survey
    "Is it right now?": "Anh/chị đã hài lòng chưa?",
    "We say this is done:": "Theo chúng tôi, việc này đã xong:",
    "Is it right for you?": "Như vậy đã đúng ý anh/chị chưa?",
    "Yes, it is right": "Rồi, đã đúng ý",
    "No, not yet": "Chưa, vẫn chưa ổn",
    "How did we do?": "Anh/chị chấm chúng tôi mấy điểm?",
    "Poor": "Kém",
    "Very good": "Rất tốt",
    "What should we know?": "Anh/chị muốn nhắn gì thêm?",
    "Send my answer": "Gửi câu trả lời",
    "Answer differently": "Trả lời lại",
    "Thank you. This is what you answered:": "Cảm ơn anh/chị. Anh/chị đã trả lời:",
    "We are sorry. One of us looks at it again and speaks to you.": (
        "Chúng tôi xin lỗi. Người của chúng tôi sẽ xem lại và liên lạc với anh/chị."
    ),
    "You can answer until:": "Anh/chị có thể trả lời đến:",
    "The time to answer this is over. Write to us all the same.": (
        "Đã hết hạn trả lời. Anh/chị vẫn có thể nhắn cho chúng tôi."
    ),
    "We do not know this question, or no longer.": "Chúng tôi không tìm thấy câu hỏi này.",
}


def translator(language: str) -> Callable[[str], str]:
    """A function from the English sentence to the same in `language`."""
    if language == "vi":
        return lambda sentence: VIETNAMESE.get(sentence, sentence)
    return lambda sentence: sentence
