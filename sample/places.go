package sample

// place is a town with two hospitals and the names its people carry. Names in
// other scripts than Latin are written "native|latin".
type place struct {
	language, languageName string // BCP 47
	country                string // ISO 3166-1 alpha-2
	zone                   string // offset from UTC, the same all year
	script                 string // iso21090-EN-representation of native names: ABC, SYL or IDE
	city, district, postal string
	streets                []string
	phone                  string
	hospitals              [2]string
	women, men, families   []string
}

var places = []place{
	{"it", "Italian", "IT", "+01:00", "", "Bologna", "Emilia-Romagna", "40121", []string{"Via San Felice", "Via dell'Indipendenza", "Strada Maggiore"}, "+39 051 555 ",
		[2]string{"Ospedale San Michele", "Policlinico Santa Lucia"},
		[]string{"Elena", "Chiara", "Giulia", "Noemi", "Lucìa"}, []string{"Niccolò", "Matteo", "Andrea", "Luca", "Tommaso"},
		[]string{"Marchetti", "Forlì", "Bianchi", "D'Angelo", "Morandi"}},
	{"es", "Spanish", "ES", "+01:00", "", "Sevilla", "Andalucía", "41001", []string{"Calle Sierpes", "Avenida de la Constitución"}, "+34 954 555 ",
		[2]string{"Hospital Virgen del Río", "Clínica La Giralda"},
		[]string{"María José", "Begoña", "Inés", "Sofía"}, []string{"Íñigo", "José Ángel", "Joaquín", "Andrés"},
		[]string{"Núñez", "Muñoz Gálvez", "Ibáñez", "Peña"}},
	{"pl", "Polish", "PL", "+01:00", "", "Łódź", "łódzkie", "90-001", []string{"ulica Piotrkowska", "ulica Żeromskiego"}, "+48 42 555 ",
		[2]string{"Szpital Świętej Anny", "Klinika Nad Jasieniem"},
		[]string{"Małgorzata", "Świętosława", "Zofia", "Agnieszka"}, []string{"Łukasz", "Paweł", "Grzegorz", "Wojciech"},
		[]string{"Wiśniewski", "Dąbrowski", "Żak", "Grześkowiak"}},
	{"tr", "Turkish", "TR", "+03:00", "", "İzmir", "İzmir", "35210", []string{"Kıbrıs Şehitleri Caddesi", "Gül Sokak"}, "+90 232 555 ",
		[2]string{"Körfez Hastanesi", "Çiğli Tıp Merkezi"},
		[]string{"Ayşe", "Gülşen", "Şule", "Işıl"}, []string{"Çağrı", "Oğuz", "Ümit", "İsmail"},
		[]string{"Yıldırım", "Öztürk", "Şahin", "Çelik"}},
	{"vi", "Vietnamese", "VN", "+07:00", "", "Đà Nẵng", "Hải Châu", "550000", []string{"Đường Bạch Đằng", "Đường Lê Lợi"}, "+84 236 555 ",
		[2]string{"Bệnh viện Sông Hàn", "Phòng khám Ngũ Hành"},
		[]string{"Thị Hương", "Thị Ngọc Ánh", "Mỹ Duyên"}, []string{"Văn Đức", "Quốc Bảo", "Hữu Thắng"},
		[]string{"Nguyễn", "Trần", "Lê", "Phạm"}},
	{"sv", "Swedish", "SE", "+01:00", "", "Malmö", "Skåne", "211 22", []string{"Södra Förstadsgatan", "Ängelholmsgatan"}, "+46 40 555 ",
		[2]string{"Öresunds sjukhus", "Vårdcentralen Väster"},
		[]string{"Åsa", "Märta", "Linnéa", "Ebba"}, []string{"Håkan", "Jörgen", "Åke", "Elis"},
		[]string{"Åkesson", "Sjöberg", "Björk", "Löfgren"}},
	{"ar", "Arabic", "EG", "+02:00", "ABC", "القاهرة", "القاهرة", "11511", []string{"شارع طلعت حرب", "شارع الأزهر"}, "+20 2 5555 ",
		[2]string{"مستشفى النيل", "عيادة الزهراء"},
		[]string{"فاطمة|Fatima", "ليلى|Layla", "مريم|Maryam", "نور|Nour"}, []string{"أحمد|Ahmad", "يوسف|Yusuf", "خالد|Khalid", "عمر|Omar"},
		[]string{"حسن|Hassan", "المصري|Al-Masri", "إبراهيم|Ibrahim", "سليمان|Sulayman"}},
	{"he", "Hebrew", "IL", "+02:00", "ABC", "חיפה", "חיפה", "3303139", []string{"שדרות הנשיא", "רחוב הרצל"}, "+972 4 555 ",
		[2]string{"בית חולים הכרמל", "מרפאת המפרץ"},
		[]string{"נועה|Noa", "תמר|Tamar", "שירה|Shira"}, []string{"איתן|Eitan", "דוד|David", "יונתן|Yonatan"},
		[]string{"כהן|Cohen", "לוי|Levi", "מזרחי|Mizrahi"}},
	{"el", "Greek", "GR", "+02:00", "ABC", "Θεσσαλονίκη", "Κεντρική Μακεδονία", "546 24", []string{"Οδός Τσιμισκή", "Οδός Εγνατία"}, "+30 2310 555 ",
		[2]string{"Νοσοκομείο Άγιος Δημήτριος", "Κλινική Λευκός Πύργος"},
		[]string{"Ελένη|Eleni", "Δήμητρα|Dimitra", "Αικατερίνη|Aikaterini"}, []string{"Γεώργιος|Georgios", "Νικόλαος|Nikolaos", "Σταύρος|Stavros"},
		[]string{"Παπαδοπούλου|Papadopoulou", "Καραγιάννη|Karagianni", "Οικονόμου|Oikonomou"}},
	{"uk", "Ukrainian", "UA", "+02:00", "ABC", "Львів", "Львівська область", "79000", []string{"вулиця Городоцька", "проспект Свободи"}, "+380 32 555 ",
		[2]string{"Лікарня Святого Юра", "Клініка на Замковій"},
		[]string{"Оксана|Oksana", "Зоряна|Zoriana", "Ірина|Iryna"}, []string{"Тарас|Taras", "Богдан|Bohdan", "Сергій|Serhii"},
		[]string{"Шевченко|Shevchenko", "Коваленко|Kovalenko", "Ткаченко|Tkachenko"}},
	{"hi", "Hindi", "IN", "+05:30", "SYL", "वाराणसी", "उत्तर प्रदेश", "221001", []string{"गोदौलिया मार्ग", "लंका रोड"}, "+91 542 555 ",
		[2]string{"गंगा अस्पताल", "संकट मोचन क्लिनिक"},
		[]string{"प्रिया|Priya", "अनीता|Anita", "सरस्वती|Saraswati"}, []string{"राजेश|Rajesh", "अर्जुन|Arjun", "विकास|Vikas"},
		[]string{"शर्मा|Sharma", "मिश्रा|Mishra", "यादव|Yadav"}},
	{"zh", "Chinese", "CN", "+08:00", "IDE", "杭州市", "浙江省", "310000", []string{"南山路", "解放路"}, "+86 571 5555 ",
		[2]string{"西湖医院", "钱塘诊所"},
		[]string{"秀英|Xiuying", "雨桐|Yutong", "丽华|Lihua"}, []string{"伟|Wei", "志强|Zhiqiang", "浩然|Haoran"},
		[]string{"王|Wang", "陈|Chen", "欧阳|Ouyang", "刘|Liu"}},
	{"ja", "Japanese", "JP", "+09:00", "IDE", "京都市", "京都府", "604-8571", []string{"烏丸通", "四条通"}, "+81 75 555 ",
		[2]string{"鴨川病院", "東山クリニック"},
		[]string{"美咲|Misaki", "陽子|Yoko", "さくら|Sakura"}, []string{"健太|Kenta", "翔|Sho", "隆|Takashi"},
		[]string{"佐藤|Sato", "髙橋|Takahashi", "渡邊|Watanabe"}},
	{"ko", "Korean", "KR", "+09:00", "SYL", "부산광역시", "해운대구", "48094", []string{"해운대로", "센텀중앙로"}, "+82 51 555 ",
		[2]string{"해운대병원", "광안의원"},
		[]string{"지우|Jiwoo", "서연|Seoyeon", "영숙|Youngsook"}, []string{"민준|Minjun", "도현|Dohyun", "성호|Sungho"},
		[]string{"김|Kim", "이|Lee", "박|Park"}},
	{"th", "Thai", "TH", "+07:00", "SYL", "เชียงใหม่", "เชียงใหม่", "50200", []string{"ถนนนิมมานเหมินท์", "ถนนท่าแพ"}, "+66 53 555 ",
		[2]string{"โรงพยาบาลดอยคำ", "คลินิกแม่ปิง"},
		[]string{"สุดารัตน์|Sudarat", "มาลี|Malee", "พิมพ์ชนก|Pimchanok"}, []string{"สมชาย|Somchai", "ธนากร|Thanakorn", "อนันต์|Anan"},
		[]string{"แก้วมณี|Kaewmanee", "ศรีสุข|Srisuk", "บุญมา|Boonma"}},
	{"en", "English", "GB", "+00:00", "", "Leeds", "West Yorkshire", "LS1 3EX", []string{"Park Row", "Chapel Lane"}, "+44 113 496 0",
		[2]string{"St Aidan's Infirmary", "Headingley Medical Centre"},
		[]string{"Zoë", "Siobhán", "Amara", "Chloë"}, []string{"Renée-Pierre", "Seán", "Kwame", "Oliver"},
		[]string{"O'Brien", "Okafor", "Brontë-Hughes", "Smith"}},
}

// specialty indexes a hospital's staff; every hospital has one of each.
type specialty uint8

const (
	general specialty = iota
	pediatrics
	cardiology
	endocrinology
	psychiatry
	emergency
	obstetrics
	specialtyCount
)

var specialties = [specialtyCount]concept{
	general:       sct("394802001", "General medicine"),
	pediatrics:    sct("394537008", "Pediatric specialty"),
	cardiology:    sct("394579002", "Cardiology"),
	endocrinology: sct("394583002", "Endocrinology"),
	psychiatry:    sct("394587001", "Psychiatry"),
	emergency:     sct("773568002", "Emergency medicine"),
	obstetrics:    sct("394585009", "Obstetrics and gynecology"),
}
